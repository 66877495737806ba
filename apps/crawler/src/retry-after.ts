/** The longest pause a host may ask for, in ms. */
const LONGEST = 120_000;

/**
 * Reads a Retry-After header (RFC 9110 section 10.2.3): seconds, or a date.
 *
 * @param now the time a date is compared with, in ms since the epoch
 * @returns ms to wait, at most two minutes, or null when there is no usable value
 */
export function parseRetryAfter(value: string | undefined, now: number): number | null {
  if (value === undefined) return null;
  const delay = /^\s*\d+\s*$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isNaN(delay) ? null : Math.min(Math.max(delay, 0), LONGEST);
}
