/** Whole numbers below a limit, the same in every run and every language, by Park and Miller. */
export function random(): (limit: number) => number {
  let seed = 1;
  return (limit) => {
    seed = (seed * 16807) % 2147483647;
    return seed % limit;
  };
}
