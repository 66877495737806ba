import { getCurrent, getHub, type Greenlet, run } from "@greenlit/core";
import { LeakError } from "./leak-check.js";
import { describe, others } from "./living.js";
import { turns } from "./turns.js";

/** Turns of the loop in which greenlets that are about to end may do so. */
const SETTLING = 5;
/** Milliseconds that killed greenlets have for their `finally` blocks. */
const GRACE = 1000;

/**
 * A test whose body is a greenlet, for any runner that takes a function which returns a promise:
 * `it("waits", green(() => { sleep(1); }))`. The arguments of the runner are passed on. When the
 * runner gives up on the test, and its context has a `signal` that says so, the body is killed.
 *
 * Greenlets that the body leaves behind are killed.
 * @throws (as a rejection) what the body throws; LeakError when it ends well but leaves greenlets
 *   behind.
 */
export function green<A extends readonly unknown[], T>(
  body: (...args: A) => T,
): (...args: A) => Promise<Awaited<T>> {
  const test = async (...args: A): Promise<Awaited<T>> => {
    const known = new Set(getHub().greenlets());
    let own: Greenlet | null = null;
    const start = (): T => {
      own = getCurrent();
      return body(...args);
    };
    Object.defineProperty(start, "name", { value: body.name || "test" });
    const signal = signalOf(args[0]);
    const abort = (): void => own?.kill(signal?.reason, { block: false });
    signal?.addEventListener("abort", abort);
    let left: string[] = [];
    let value: Awaited<T>;
    try {
      value = await run(start);
    } finally {
      signal?.removeEventListener("abort", abort);
      left = await killOthers(known);
    }
    if (left.length > 0) throw new LeakError(left);
    return value;
  };
  // Runners look at the parameters: at how many there are, and vitest at which fixtures they name.
  Object.defineProperty(test, "length", { value: body.length });
  Object.defineProperty(test, "name", { value: body.name });
  Object.defineProperty(test, "toString", { value: () => body.toString() });
  return test;
}

function signalOf(context: unknown): AbortSignal | undefined {
  const signal = (context as { signal?: unknown } | null | undefined)?.signal;
  return signal instanceof AbortSignal ? signal : undefined;
}

/** Kills all greenlets that are not in `known` and do not end soon. @returns what they were. */
async function killOthers(known: ReadonlySet<Greenlet>): Promise<string[]> {
  for (let turn = 0; turn < SETTLING && others(known).length > 0; turn++) await turns(1);
  const left = others(known);
  if (left.length === 0) return [];
  const lines = describe(left);
  for (const greenlet of left) greenlet.kill(undefined, { block: false });
  const end = performance.now() + GRACE;
  while (others(known).length > 0 && performance.now() < end) await turns(1);
  return lines;
}
