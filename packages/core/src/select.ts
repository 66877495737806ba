import { Greenlet } from "./greenlet.js";
import { checkTimeout, Timer } from "./timer.js";
import type { Waitable } from "./wait-all.js";
import { Entry } from "./wait-list.js";
import { checkWait, passBy, Waiter, type WaitOptions } from "./waiter.js";

/** Something that `select` can take from: a queue, a channel, an event, a greenlet, `after(ms)` ... */
export interface Source<T, Woken = unknown> {
  /** @internal Takes what is there; null when there is nothing yet. May throw. */
  poll(): { readonly value: T } | null;
  /** @internal Puts `entry` where it will be woken with the next one. @returns undoes more than leaving its list. */
  enlist(entry: Entry<Woken>): (() => void) | void;
  /** @internal What the entry was woken with, as a result. May throw. */
  result(woken: Woken): T;
}

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

/** Which of the sources fired, by its place in the list, and what it gave. */
export type Selection<S extends readonly unknown[]> = {
  [K in keyof S]: {
    readonly index: K extends `${infer N extends number}` ? N : number;
    readonly source: S[K];
    readonly value: Selected<S[K]>;
  };
}[number];

/** One of the sources, where it waits. */
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

/** The call: the first branch that is woken settles it, and by that takes all others out of their lists. */
class SelectCall extends Waiter<{ index: number; woken: unknown }> {
  private branches: Branch[] = [];

  /** @returns false once something has fired, which may be at once. */
  add(source: Source<unknown>, index: number): boolean {
    const branch = new Branch(this, index);
    this.branches.push(branch);
    branch.undo = source.enlist(branch) ?? null;
    if (this.settled) this.leave();
    return !this.settled;
  }

  protected override leave(): void {
    for (const branch of this.branches) {
      branch.list?.remove(branch);
      branch.undo?.();
      branch.undo = null;
    }
    this.branches = [];
  }
}

/**
 * Waits until one of several things happens, and takes that one and no other: exactly one queue loses an
 * item, exactly one channel is sent on.
 *
 * ```ts
 * const { index, value } = select([jobs, stop, after(1000)]);
 * ```
 *
 * @param sources queues and channels (what comes out), `queue.putting(item)` and `channel.sending(item)`, events,
 *   semaphores (a permit), AsyncResults, greenlets (the value or the error), promises, `after(ms)`; anything else with
 *   `ready`, `link` and `unlink` gives itself.
 * @param options priority: of several that are ready take the first listed; default: any one of them.
 * @throws TypeError for anything else; RangeError for an empty list; what the chosen source throws; Timeout.
 */
export function select<const S extends readonly Selectable[]>(
  sources: S,
  { priority = false, ...options }: WaitOptions & { priority?: boolean } = {},
): Selection<S> {
  if (sources.length === 0)
    throw new RangeError("sources must not be empty: nothing would ever fire");
  checkWait(options);
  const all = sources.map(toSource);
  passBy("select");
  const first = priority ? 0 : Math.floor(Math.random() * all.length);
  for (let i = 0; i < all.length; i++) {
    const index = (first + i) % all.length;
    const taken = all[index]?.poll() ?? null;
    if (taken !== null) return selection(sources, index, taken.value);
  }
  const call = new SelectCall("select");
  all.every((source, index) => call.add(source, index));
  const { index, woken } = call.wait(options);
  return selection(sources, index, all[index]?.result(woken));
}

/** Fires `ms` milliseconds after a `select` begins to wait for it. */
export function after(ms: number): Source<void> {
  checkTimeout("ms", ms);
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
  if (
    typeof (thing as Partial<Source<unknown>> | null)?.enlist === "function" ||
    thing instanceof Greenlet
  ) {
    return thing as Source<unknown>;
  }
  const { ready, link } = (thing ?? {}) as Partial<Waitable>;
  if (typeof ready === "boolean" && typeof link === "function") return linked(thing as Waitable);
  const then = (thing as { then?: unknown } | null | undefined)?.then;
  if (typeof then !== "function") {
    throw new TypeError(
      `sources[${index}] must be a source or a promise, or have ready and link, not ${String(thing)}`,
    );
  }
  return {
    poll: () => null,
    enlist(entry) {
      // Settling a call that has ended does nothing, so a promise needs no way back.
      (thing as PromiseLike<unknown>).then(
        (value) => entry.wake(value),
        (error: unknown) => entry.fail(error),
      );
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
