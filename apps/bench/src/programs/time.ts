/** What the programs are asked for: `program scale`, where 1 is a full measurement. */
export const scale: number = Number(process.argv[2]);

/** As many of `n` as this run is to make. */
export function count(n: number): number {
  return Math.ceil(n * scale);
}

/**
 * Nanoseconds of processor time that one of `n` rounds of `fn(n)` takes: the median of three runs, after
 * one to warm up. Nothing measured so ever waits, so it is what the clock would show on a core of its own.
 */
export function nanoseconds(n: number, fn: (n: number) => void): number {
  fn(n);
  const times = [0, 0, 0].map(() => {
    const start = process.cpuUsage();
    fn(n);
    const { user, system } = process.cpuUsage(start);
    return ((user + system) / n) * 1000;
  });
  return times.sort((a, b) => a - b)[1] as number;
}
