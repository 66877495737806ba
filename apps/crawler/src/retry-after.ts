import { parseHttpDate } from "./http-date.js";

/** The longest pause a host may ask for, in ms. */
const LONGEST = 120_000;

/**
 * Reads a Retry-After header (RFC 9110 section 10.2.3): whole seconds, or a date. Whatever else a
 * server writes there is no value, and never a pause of nothing.
 *
 * @param header several of the name joined by commas: the longest pause counts
 * @param now the time a date is compared with, in ms since the epoch
 * @returns ms to wait, at most two minutes, or null when there is no usable value
 */
export function parseRetryAfter(header: string | undefined, now: number): number | null {
  let longest: number | null = null;
  for (const value of valuesOf(header ?? "")) {
    const delay = /^\d+$/.test(value) ? Number(value) * 1000 : (parseHttpDate(value) ?? NaN) - now;
    if (!Number.isNaN(delay)) longest = Math.max(longest ?? 0, delay);
  }
  return longest === null ? null : Math.min(longest, LONGEST);
}

/** Dates have a comma of their own. */
function valuesOf(header: string): string[] {
  const value = header.trim();
  return parseHttpDate(value) === null ? value.split(",").map((part) => part.trim()) : [value];
}
