import { outOfRange, shown, wrongType } from "./errors.js";
import { placeHere } from "./traces/frames.js";

/** Options of every blocking call. */
export interface WaitOptions {
  /**
   * The most milliseconds to wait. Null or absent: without limit. 0: until the next turn of the
   * loop.
   */
  readonly timeout?: number | null | undefined;
  /** Ends the wait with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** The names of these options. */
export const WAIT: readonly string[] = ["timeout", "signal"];

/**
 * Checks the options of a blocking call. Every call does this first, even when it need not block.
 * @param what the call, for errors.
 * @param known the names of all options it takes.
 * @throws TypeError for something that is no object of options, an unknown option, a timeout that
 *   is no number; RangeError for a timeout that is negative or NaN; the reason of a signal that has
 *   been aborted.
 */
export function checkWait(
  what: string,
  options: WaitOptions | undefined,
  known: readonly string[] = WAIT,
): void {
  if (options === undefined) return;
  checkNames(what, options, known, true);
  checkTimeout("timeout", options.timeout);
  checkSignal(options.signal);
}

/**
 * @throws TypeError unless they are absent, or an object with no other properties than the known
 * ones.
 */
export function checkOptions(
  what: string,
  options: object | undefined,
  known: readonly string[],
): void {
  if (options !== undefined) checkNames(what, options, known, false);
}

/**
 * @param forWaiting `known` includes the options of every blocking call. These are compared by
 *   `===`, which is fastest.
 */
function checkNames(
  what: string,
  options: object,
  known: readonly string[],
  forWaiting: boolean,
): void {
  if (typeof options !== "object" || options === null) throw noOptions(what, options, known);
  let empty = true;
  for (const name in options) {
    empty = false;
    if (forWaiting && (name === "timeout" || name === "signal")) continue;
    if (!known.includes(name)) throw unknownOption(what, options, name, known);
  }
  // Empty arrays, maps, promises: they cannot be meant as options.
  if (empty && !isPlain(options)) throw noOptions(what, options, known);
}

/**
 * @throws TypeError unless `ms` is a number; RangeError unless it is 0 or more. A string would be
 *   joined to the time it is added to, and null, true or a Date would count as some number or
 *   other.
 */
export function checkTime(name: string, ms: number): void {
  if (typeof ms === "number" && ms >= 0) return;
  throw wrongTime(name, ms, "");
}

/** @throws RangeError unless `count` is a whole number, `least` or more, or Infinity. */
export function checkCount(name: string, count: number, least: 0 | 1): void {
  if (count === Infinity || (Number.isInteger(count) && count >= least)) return;
  throw outOfRange(name, `a whole number, ${least} or more, or Infinity`, count);
}

/** As `checkTime`, for a time that may be null or absent. */
export function checkTimeout(name: string, ms: number | null | undefined): void {
  if (ms === null || ms === undefined || (typeof ms === "number" && ms >= 0)) return;
  throw wrongTime(name, ms, ", or null");
}

/**
 * @throws TypeError unless the signal is absent or an AbortSignal; its reason when it has been
 * aborted.
 */
export function checkSignal(signal: AbortSignal | null | undefined): void {
  checkIsSignal(signal);
  signal?.throwIfAborted();
}

/** @throws TypeError unless the signal is absent or an AbortSignal. */
export function checkIsSignal(signal: AbortSignal | null | undefined): void {
  if (signal === null || signal === undefined) return;
  if (typeof signal.throwIfAborted !== "function") throw noSignal(signal);
}

/** @param form how the call is written. @throws TypeError unless `fn` is a function. */
export function checkFunction(name: string, fn: unknown, form: string): void {
  if (typeof fn === "function") return;
  const promise = typeof (fn as { then?: unknown } | null | undefined)?.then === "function";
  const result = fn === undefined || promise ? ", with the function itself, not its result" : "";
  throw wrongType(name, "a function", fn, `: write ${form}${result}`);
}

/** @param form how the call is written. @throws TypeError unless the value can be iterated. */
export function checkIterable(name: string, value: unknown, must: string, form: string): void {
  const { [Symbol.iterator]: iterator, [Symbol.asyncIterator]: asyncIterator } = (value ??
    {}) as Partial<Iterable<unknown> & AsyncIterable<unknown>>;
  if (typeof iterator === "function" && typeof value !== "string") return;
  const how = typeof asyncIterator === "function" ? "blocking(...) around it" : form;
  throw wrongType(name, must, value, `: write ${how}`);
}

function wrongTime(name: string, ms: unknown, other: string): Error {
  const must = `a number of milliseconds, 0 or more${other}`;
  if (typeof ms === "number") return outOfRange(name, must, ms);
  const isNumeric = (typeof ms === "string" && ms.trim() !== "") || typeof ms === "bigint";
  const hint = isNumeric && Number(ms) >= 0 ? ": write Number(...) around it" : "";
  return wrongType(name, must, ms, hint);
}

function noSignal(value: unknown): TypeError {
  const isController = value instanceof AbortController;
  return wrongType(
    "signal",
    "an AbortSignal",
    value,
    isController ? ": write controller.signal" : "",
  );
}

function noOptions(what: string, value: unknown, known: readonly string[]): TypeError {
  return wrongType("options", `an object of ${known.join(", ")}`, value, hint(what, value, known));
}

/** What was probably meant. */
function hint(what: string, value: unknown, known: readonly string[]): string {
  const write = (options: string): string => `: write ${what}(..., { ${options} })`;
  const takes = (name: string): boolean => known.includes(name);
  if (typeof value === "number" && takes("timeout")) {
    return `${write(`timeout: ${value}`)}, in milliseconds`;
  }
  if (typeof value === "boolean") {
    const flag = ["block", "immediate", "raiseError", "priority"].find(takes);
    if (flag !== undefined) return write(`${flag}: ${value}`);
    if (!value && takes("timeout")) return `${write("timeout: 0")} to wait for nothing`;
  }
  if (value instanceof AbortSignal && takes("signal")) return write("signal");
  return "";
}

function unknownOption(
  what: string,
  options: object,
  name: string,
  known: readonly string[],
): TypeError {
  if (!isPlain(options) && !Object.hasOwn(options, name)) return noOptions(what, options, known);
  if (Array.isArray(options)) return noOptions(what, options, known);
  const meant = known.find((one) => isSlipOf(name, one));
  const question = meant === undefined ? "" : `: did you mean ${JSON.stringify(meant)}?`;
  const takes = `It takes ${known.join(", ")}.`;
  return placeHere(
    new TypeError(`${what} has no option ${shown(name)}${question || "."} ${takes}`),
  );
}

/**
 * Whether `name` is `known` apart from letter case and at most two slips: a letter that is wrong,
 * missing or too many, or two neighbours swapped.
 */
function isSlipOf(name: string, known: string): boolean {
  const [a, b] = [name.toLowerCase(), known.toLowerCase()];
  let [last, row]: number[][] = [[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let least = Math.min(at(row, j) + 1, at(next, j - 1) + 1, at(row, j - 1) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, at(last, j - 2) + 1);
      }
      next.push(least);
    }
    [last, row] = [row as number[], next];
  }
  return at(row, b.length) <= Math.min(2, b.length - 2);
}

function at(row: number[] | undefined, j: number): number {
  return row?.[j] ?? 0;
}

function isPlain(options: object): boolean {
  const prototype = Object.getPrototypeOf(options);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
