/** Milliseconds, or a text with units such as `1.5s`, `30s`, `1h30m`, `2d`. */
export type Duration = number | string;
/** Bytes, or a text with a unit such as `500kB`, `10MB` (decimal), `10MiB` (binary). */
export type Size = number | string;

const MS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1_000],
  ["m", 60_000],
  ["min", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

const BYTES: ReadonlyMap<string, number> = new Map([
  ["b", 1],
  ["kb", 1e3],
  ["mb", 1e6],
  ["gb", 1e9],
  ["tb", 1e12],
  ["kib", 2 ** 10],
  ["mib", 2 ** 20],
  ["gib", 2 ** 30],
  ["tib", 2 ** 40],
]);

/** @returns milliseconds; null when it is no duration. Without a unit it is in milliseconds. */
export function parseDuration(text: string): number | null {
  if (NUMBER.test(text)) return Number(text);
  if (!/^(?:\d+(?:\.\d+)?[a-z]+)+$/i.test(text)) return null;
  let sum = 0;
  for (const [, number, unit] of text.matchAll(/([\d.]+)([a-z]+)/gi)) {
    const ms = MS.get(unit!.toLowerCase());
    if (ms === undefined) return null;
    sum += Number(number) * ms;
  }
  return sum;
}

/** @returns whole bytes; null when it is no size. Without a unit it is in bytes. */
export function parseSize(text: string): number | null {
  const [, number, unit] = /^(\d+(?:\.\d+)?) ?([a-z]*)$/i.exec(text) ?? [];
  const bytes = BYTES.get((unit || "b").toLowerCase());
  return number === undefined || bytes === undefined ? null : Math.floor(Number(number) * bytes);
}

/** A duration as `parseDuration` reads it: `30s`, `1500ms`. */
export function exactDuration(ms: number): string {
  return exact(ms, { h: 3_600_000, m: 60_000, s: 1_000 }, "ms");
}

/** A size as `parseSize` reads it: `10MiB`, `5MB`, `500`. */
export function exactSize(bytes: number): string {
  return exact(bytes, { GiB: 2 ** 30, MiB: 2 ** 20, GB: 1e9, MB: 1e6, kB: 1e3 }, "");
}

function exact(value: number, units: Readonly<Record<string, number>>, smallest: string): string {
  for (const [unit, size] of Object.entries(units))
    if (value >= size && value % size === 0) return `${value / size}${unit}`;
  return `${value}${smallest}`;
}

const NUMBER = /^\d+(?:\.\d+)?$/;

/** `45 s`, `3 min`, `2 h 5 min`, `3 d 4 h`: two units at most, rounded up. */
export function formatDuration(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return join(hours, "h", minutes % 60, "min");
  return join(Math.floor(hours / 24), "d", hours % 24, "h");
}

function join(large: number, unit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${unit}` : `${large} ${unit} ${small} ${smallUnit}`;
}
