import { Awaiters, thenOf } from "../hub/awaiters.js";
import { wrongType } from "../errors.js";
import { Timer } from "../hub/timer.js";
import type { Waitable } from "./wait-all.js";
import type { Source } from "../hub/source.js";
import { Entry } from "../hub/wait-list.js";
import { checkTime, checkWait, WAIT, type WaitOptions } from "../wait-options.js";
import { stayFair, Waiter } from "../hub/waiter.js";

type Selectable = Source<unknown, never> | Waitable | PromiseLike<unknown>;

/** What a source gives. */
export type Selected<S> =
  S extends Source<infer T, never>
    ? T
    : S extends PromiseLike<infer T>
      ? Awaited<T>
      : S extends Waitable
        ? S
        : never;

/** Which source fired, its index in the list, and the value that it gave. */
export type Selection<S extends readonly unknown[]> = {
  [K in keyof S]: {
    readonly index: K extends `${infer N extends number}` ? N : number;
    readonly source: S[K];
    readonly value: Selected<S[K]>;
  };
}[number];

/** The entry of a `select` in the list of one of its sources. */
class Branch extends Entry<unknown> {
  undo: (() => void) | null = null;
  private readonly call: SelectCall;
  private readonly index: number;

  constructor(call: SelectCall, index: number) {
    super();
    this.call = call;
    this.index = index;
  }

  wake(value: unknown): void {
    this.call.wake({ index: this.index, woken: value });
  }

  fail(error: unknown): void {
    this.call.fail(error);
  }
}

/**
 * The blocking call of a `select`. The first branch that is woken settles it, and that takes all
 * others out of their lists.
 */
class SelectCall extends Waiter<{ index: number; woken: unknown }> {
  private branches: Branch[] = [];

  /** @returns false once something has fired, which may be at once. */
  add(source: Source<unknown>, index: number): boolean {
    const branch = new Branch(this, index);
    this.branches.push(branch);
    branch.undo = source.enlist(branch) ?? null;
    if (this.settled) this.leaveLists();
    return !this.settled;
  }

  protected override leaveLists(): void {
    for (const branch of this.branches) {
      branch.list?.remove(branch);
      branch.undo?.();
      branch.undo = null;
    }
    this.branches = [];
  }
}

const OPTIONS = [...WAIT, "priority"];

/**
 * Blocks until one of several things happens, and takes that one and no other: no second queue
 * loses an item, and nothing is sent on a second channel.
 *
 * ```ts
 * const { index, value } = select([jobs, stop, after(1000)]);
 * ```
 *
 * @param sources queues and channels (what comes out), `queue.putting(item)` and
 *   `channel.sending(item)`, events, semaphores (a permit), AsyncResults, greenlets (the value or
 *   the error), promises, `after(ms)`; anything else with `ready`, `link` and `unlink` gives
 *   itself.
 * @param options priority: when several are ready, take the first one listed. Default: any of them.
 * @throws TypeError for anything else; RangeError for an empty list; what the chosen source throws;
 *   a Timeout after `timeout` milliseconds; the signal's reason.
 */
export function select<const S extends readonly Selectable[]>(
  sources: S,
  options: WaitOptions & { priority?: boolean } = {},
): Selection<S> {
  if (!Array.isArray(sources)) {
    throw wrongType("sources", "an array", sources, ": write select([...sources], options)");
  }
  if (sources.length === 0)
    throw new RangeError("sources must not be empty: nothing would ever fire");
  checkWait("select", options, OPTIONS);
  const { priority = false, timeout, signal } = options;
  const all: Source<unknown>[] = sources.map(toSource);
  stayFair("select");
  const first = priority ? 0 : Math.floor(Math.random() * all.length);
  for (let i = 0; i < all.length; i++) {
    const index = (first + i) % all.length;
    const taken = all[index]?.poll() ?? null;
    if (taken !== null) return selection(sources, index, taken.value);
  }
  const call = new SelectCall("select");
  all.every((source, index) => call.add(source, index));
  const { index, woken } = call.wait({ timeout, signal });
  return selection(sources, index, all[index]?.result(woken));
}

/** A source for `select` that fires `ms` milliseconds after the `select` begins to wait. */
export function after(ms: number): Source<void> {
  checkTime("ms", ms);
  return {
    poll: () => null,
    enlist(entry) {
      const timer = new Timer(ms, () => entry.wake(undefined));
      return () => timer.stop();
    },
    result: () => undefined,
  };
}

function selection<S extends readonly unknown[]>(
  sources: S,
  index: number,
  value: unknown,
): Selection<S> {
  return { index, source: sources[index], value } as Selection<S>;
}

function toSource(thing: unknown, index: number): Source<unknown> {
  if (typeof (thing as Partial<Source<unknown>> | null)?.enlist === "function") {
    return thing as Source<unknown>;
  }
  const { ready, link } = (thing ?? {}) as Partial<Waitable>;
  if (typeof ready === "boolean" && typeof link === "function") return linked(thing as Waitable);
  const then = thenOf(thing);
  if (then === undefined) {
    const must = "a source or a promise, or have ready and link";
    throw wrongType(`sources[${index}]`, must, thing);
  }
  return {
    poll: () => null,
    enlist(entry) {
      const all = Awaiters.join(thing as object, then, entry);
      return () => all.abandon();
    },
    result: (value) => value,
  };
}

function linked(thing: Waitable): Source<Waitable> {
  return {
    poll: () => (thing.ready ? { value: thing } : null),
    enlist(entry) {
      const fire = (): void => entry.wake(thing);
      thing.link(fire);
      return () => thing.unlink(fire);
    },
    result: () => thing,
  };
}
