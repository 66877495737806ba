/** What the programs are asked for: `program scale`, where 1 is a full measurement. */
export const scale: number = Number(process.argv[2]);

/** As many of `n` as this run is to make. */
export function count(n: number): number {
  return Math.ceil(n * scale);
}

/**
 * Nanoseconds of processor time that one of `n` rounds of `fn(n)` takes: the median of three runs,
 * after one to warm up. Nothing measured so ever waits, so it is what the clock would show on a
 * core of its own.
 */
export function nanoseconds(n: number, fn: (n: number) => void): number {
  fn(n);
  return median([0, 0, 0].map(() => once(n, fn)));
}

/** Of two things that are measured in turn, and of what the second takes longer than the first. */
export interface Pair {
  readonly first: number;
  readonly second: number;
  readonly difference: number;
}

/**
 * As `nanoseconds`, of two that differ in little: each round measures both, one right after the
 * other, so that both see the same machine in the same process. The difference is the median of the
 * rounds' differences.
 */
export function pair(
  n: number,
  first: (n: number) => void,
  second: (n: number) => void,
  rounds: number = 15,
): Pair {
  const part = Math.ceil(n / 5);
  for (const fn of [first, second, first, second]) fn(part);
  const found = Array.from({ length: rounds }, (_, i) => {
    // There and back, so that neither always follows the other.
    const turned = i % 2 === 1;
    const a = once(part, turned ? second : first);
    const b = once(part, turned ? first : second);
    return turned ? [b, a] : [a, b];
  }) as [number, number][];
  return {
    first: median(found.map(([a]) => a)),
    second: median(found.map(([, b]) => b)),
    difference: median(found.map(([a, b]) => b - a)),
  };
}

function once(n: number, fn: (n: number) => void): number {
  const start = process.cpuUsage();
  fn(n);
  const { user, system } = process.cpuUsage(start);
  return ((user + system) / n) * 1000;
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}
