import { validateHeaderName, validateHeaderValue } from "node:http";
import { exactDuration, exactSize, parseDuration, parseSize } from "./units.js";

/** What the crawl itself says in its requests, or by other settings. */
const OWN_HEADERS = [
  "accept-encoding",
  "connection",
  "content-length",
  "cookie",
  "expect",
  "host",
  "proxy-authorization",
  "transfer-encoding",
  "upgrade",
  "user-agent",
];

/** What a setting may be. */
export interface Kind<T> {
  /** Follows "must be": `a whole number of 1 or more`. */
  readonly expected: string;
  /** The value in the unit that the crawl counts in; undefined when it is not of this kind. */
  read(value: unknown): T | undefined;
  /** Such a value as people would write it, where that is not how it is kept. */
  show?(value: unknown): string;
}

/** A whole number from `least` up, or Infinity. */
export function count(least: number): Kind<number> {
  const isCount = (value: unknown): value is number =>
    Number.isInteger(value) || value === Infinity;
  return {
    expected: `a whole number of ${least} or more`,
    read: (value) => (isCount(value) && value >= least ? value : undefined),
  };
}

/** Gives milliseconds. */
export function duration(least: number): Kind<number> {
  const expected = `${least} ms or more, such as 500, "30s" or "1h30m"`;
  const read = (value: unknown): number | undefined => measure(value, parseDuration, least);
  return { expected, read, show: (ms) => exactDuration(ms as number) };
}

/** Gives bytes. */
export function size(least: number): Kind<number> {
  const expected = `${least} bytes or more, such as 5000, "10MB" or "1GiB"`;
  const read = (value: unknown): number | undefined => measure(value, parseSize, least);
  return { expected, read, show: (bytes) => exactSize(bytes as number) };
}

export const flag: Kind<boolean> = is("true or false", (it) => typeof it === "boolean");
export const text: Kind<string> = is("a text", isText);
export const texts: Kind<string[]> = is("a list of texts", isTexts);

/** A text of a form. @param expected shows the form */
export function pattern(form: RegExp, expected: string): Kind<string> {
  return is(expected, (it) => typeof it === "string" && form.test(it));
}

/** Headers that nothing else of the crawl decides. Gives their names in lower case. */
export const headers: Kind<Record<string, string>> = {
  expected: `an object of headers and their values, without ${OWN_HEADERS.join(", ")}`,
  read(value) {
    if (typeof value !== "object" || value === null) return undefined;
    const entries = Object.entries(value);
    if (!entries.every(isHeader)) return undefined;
    return Object.fromEntries(entries.map(([name, it]) => [name.toLowerCase(), it as string]));
  },
};

/** A function, which only a program or a module can give. */
export const callback: Kind<(...args: never[]) => unknown> = is(
  "a function",
  (it) => typeof it === "function",
);

/** Something that has the methods of another, likewise. */
export function having<T>(method: keyof T & string): Kind<T> {
  const has = (it: unknown): boolean =>
    typeof it === "object" && it !== null && typeof (it as T)[method] === "function";
  return is(`an object with ${method}()`, has);
}

export function oneOf<T extends string>(words: readonly T[]): Kind<T> {
  return is(`one of ${words.join(", ")}`, (it) => words.includes(it as T));
}

/** An object whose values are all of one kind. @param names null: any */
export function record<T>(kind: Kind<T>, names: readonly string[] | null): Kind<Record<string, T>> {
  const keys = names === null ? "" : ` with the keys ${names.join(", ")}, each`;
  return is(`an object${keys} of ${kind.expected}`, (it) => {
    if (typeof it !== "object" || it === null || Array.isArray(it)) return false;
    return Object.entries(it).every(
      ([name, value]) => (names?.includes(name) ?? true) && kind.read(value) !== undefined,
    );
  });
}

export function either<A, B>(one: Kind<A>, other: Kind<B>): Kind<A | B> {
  return {
    expected: `${one.expected} or ${other.expected}`,
    read: (value) => one.read(value) ?? other.read(value),
  };
}

/** The value, or null for none. */
export function nullOr<T>(kind: Kind<T>): Kind<T | null> {
  return { ...kind, read: (value) => (value === null ? null : kind.read(value)) };
}

function is<T>(expected: string, test: (value: unknown) => boolean): Kind<T> {
  return { expected, read: (value) => (test(value) ? (value as T) : undefined) };
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

function isHeader([name, value]: [string, unknown]): boolean {
  if (typeof value !== "string" || OWN_HEADERS.includes(name.toLowerCase())) return false;
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every(isText);
}

function measure(
  value: unknown,
  parse: (text: string) => number | null,
  least: number,
): number | undefined {
  const number = typeof value === "string" ? parse(value) : value;
  return typeof number === "number" && number >= least ? number : undefined;
}
