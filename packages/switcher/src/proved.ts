/**
 * The newest Node of each supported line on which the quick matrix has passed: every program, plain
 * and under the two hardest flags (`npm run test:matrix -- --quick`). Older versions of a line
 * count as proved, too. `npm run canary` tells when there are newer ones.
 */
export const PROVED: Readonly<Record<string, string>> = {
  20: "20.20.2",
  22: "22.23.5",
  24: "24.22.3",
  26: "26.12.1",
};

/** How a version of Node compares with those in PROVED. */
export interface Standing {
  /** The major version, as PROVED names it. */
  readonly line: string;
  /** The newest version of its line that is proved; null when none of the line is. */
  readonly newest: string | null;
  /** False when the version is newer than that, or none of the line is proved. */
  readonly proved: boolean;
}

/** Where a version of Node (`24.22.3`, with or without a leading `v`) stands. */
export function standingOf(version: string): Standing {
  const line = String(numbers(version)[0]);
  const newest = PROVED[line] ?? null;
  return { line, newest, proved: newest !== null && !isNewer(version, newest) };
}

/** Whether one version is newer than another, by the three numbers (`-nightly...` is ignored). */
export function isNewer(version: string, than: string): boolean {
  const [a, b] = [numbers(version), numbers(than)];
  const at = a.findIndex((number, i) => number !== b[i]);
  return at >= 0 && (a[at] ?? 0) > (b[at] ?? 0);
}

function numbers(version: string): number[] {
  return (/\d+\.\d+\.\d+/.exec(version)?.[0] ?? "0.0.0").split(".").map(Number);
}
