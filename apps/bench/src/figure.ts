/** The median of several runs, and how far they were apart. */
export interface Figure {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  /** Half the distance between the quartiles, as a share of the median. */
  readonly spread: number;
  readonly runs: number;
}

export function figure(values: readonly number[]): Figure {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = quantile(sorted, 0.5);
  return {
    median: middle,
    low: sorted[0] as number,
    high: sorted.at(-1) as number,
    spread:
      middle === 0 ? 0 : (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 2 / Math.abs(middle),
    runs: sorted.length,
  };
}

function quantile(sorted: readonly number[], q: number): number {
  const at = (sorted.length - 1) * q;
  const below = sorted[Math.floor(at)] as number;
  return below + ((sorted[Math.ceil(at)] as number) - below) * (at % 1);
}

/** Three significant digits, never an exponent: 0.0912, 3.14, 42.0, 1,290. */
export function digits(value: number): string {
  const rounded = Number(value.toPrecision(3));
  if (Math.abs(rounded) >= 1000) return Math.round(rounded).toLocaleString("en");
  if (rounded === 0) return "0";
  return rounded.toFixed(Math.min(4, 2 - Math.floor(Math.log10(Math.abs(rounded)))));
}

export function show({ median, spread, runs }: Figure): string {
  return runs > 1 ? `${digits(median)} ±${Math.round(spread * 100)}%` : digits(median);
}

/** "2.7x", of two medians. */
export function ratio(value: number): string {
  return `${value >= 100 ? Math.round(value) : value.toPrecision(2)}x`;
}
