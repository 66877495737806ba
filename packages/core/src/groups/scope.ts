import { onAbort } from "../node/abort.js";
import { GreenletExit, GreenlitError } from "../errors.js";
import type { Greenlet } from "../hub/greenlet.js";
import { joinEach, killAll } from "../calls/join.js";
import { shield } from "../calls/shield.js";
import { spawn } from "../calls/spawn.js";
import { Timeout } from "../hub/timeout.js";
import { settled } from "../hub/promises.js";
import { checkFunction, checkWait, WAIT, type WaitOptions } from "../wait-options.js";
import { blocker } from "../hub/waiter.js";

/**
 * When a scope is done, and what it gives.
 *
 * | policy   | ends early when | a failure      | gives                                      |
 * | -------- | --------------- | -------------- | ------------------------------------------ |
 * | `all`    | one fails       | is thrown      | what the function returned                 |
 * | `any`    | one succeeds    | is waited out  | the first success; AggregateError if none  |
 * | `settle` | never           | is waited out  | an outcome for each child, in spawn order  |
 */
export type ScopePolicy = "all" | "any" | "settle";

/** How a child of a `settle` scope ended, in the words of Promise.allSettled. */
export type Outcome<T = unknown> =
  | { readonly status: "fulfilled"; readonly value: T }
  | { readonly status: "rejected"; readonly reason: unknown };

/** Spawns children that do not outlive the call to `scope`. */
export class Scope<T = unknown> {
  /** @internal In spawn order. */
  readonly children: Greenlet<T>[] = [];
  /** @internal The errors of the children that failed, in the order in which they failed. */
  readonly failures: unknown[] = [];
  /** @internal */
  winner: Greenlet<T> | null = null;
  private readonly policy: ScopePolicy;
  private readonly owner: Greenlet;
  private readonly controller = new AbortController();
  private readonly enough = new GreenletExit();
  private bodyRuns = true;
  private open = true;

  constructor(policy: ScopePolicy, owner: Greenlet) {
    this.policy = policy;
    this.owner = owner;
  }

  /** Aborts when the scope's children are killed. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /**
   * Starts `fn(...args)` as a child.
   * @throws GreenlitError ERR_GREENLIT_SCOPE_CLOSED once the scope is done.
   */
  spawn<A extends readonly unknown[], R extends T>(
    fn: (...args: A) => R | Promise<R>,
    ...args: A
  ): Greenlet<R> {
    if (!this.open) {
      throw new GreenlitError(
        "ERR_GREENLIT_SCOPE_CLOSED",
        "the scope has ended, or is ending: nothing can be spawned in it any more",
      );
    }
    const child = spawn(fn, ...args);
    child.observe(); // the scope hears how it ends
    this.children.push(child as unknown as Greenlet<T>);
    child.onEnd = () => this.ended(child as unknown as Greenlet<T>);
    return child;
  }

  /** @internal Kills the children that still run, with `reason` for the signal. */
  cancel(reason: unknown): void {
    if (!this.open) return;
    this.open = false;
    this.controller.abort(reason);
    killAll(this.children as Greenlet[], undefined, { block: false });
  }

  /** @internal Waits for the children, also for those that are spawned in the scope meanwhile. */
  join(): void {
    for (let n = 0; n < this.children.length;) {
      n = this.children.length;
      joinEach("scope", this.children, {});
    }
  }

  /**
   * @internal Notes that `body` has returned or thrown.
   * @returns whether `error` is only the one that told it to stop.
   */
  bodyEnded(error?: unknown): boolean {
    this.bodyRuns = false;
    this.owner.forgetInterrupt(this);
    return error === this.enough;
  }

  /** @internal Whether the scope throws this error anyway, as that of a child. */
  throwsFor(error: unknown): boolean {
    return this.policy === "all" && this.failures.length > 0 && error === this.failures[0];
  }

  /** @internal */
  close(): void {
    this.open = false;
  }

  /** Called when a child has ended, on the child's stack. */
  private ended(child: Greenlet<T>): void {
    if (child.successful) {
      const exited = (child.value as unknown) instanceof GreenletExit;
      if (this.policy !== "any" || this.winner !== null || exited) return;
      this.winner = child;
      this.finish(this.enough);
    } else {
      this.failures.push(child.exception);
      if (this.policy === "all") this.finish(child.exception);
    }
  }

  private finish(reason: unknown): void {
    if (!this.open) return;
    this.cancel(reason);
    if (this.bodyRuns) this.owner.interrupt(this.enough, this);
  }
}

const OPTIONS = [...WAIT, "policy"];

/**
 * Calls `body` with a Scope, and blocks until all greenlets that were spawned in it have ended: no
 * child outlives the call, whatever happens. When a child fails, the scope kills its siblings,
 * interrupts `body`, waits until they have ended, and throws the error. Errors of other children
 * that failed are in its property `others`. When `body` throws, or this greenlet is killed, the
 * scope kills the children and waits until they have ended.
 *
 * ```ts
 * const [page, robots] = scope((s) => {
 *   const page = s.spawn(fetch, url);
 *   const robots = s.spawn(fetch, robotsUrl);
 *   return [page.get(), robots.get()];
 * });
 * ```
 *
 * If `body` returns a promise, the scope waits for it first, then for the children.
 *
 * @param options policy: see ScopePolicy; default `all`. timeout, signal: end the scope as an
 *   error of `body` does, with a Timeout or the signal's reason.
 * @throws BlockingSwitchOutError outside a greenlet.
 */
export function scope<R>(
  body: (scope: Scope) => R | Promise<R>,
  options?: WaitOptions & { policy?: "all" },
): R;
export function scope<T>(
  body: (scope: Scope<T>) => void,
  options: WaitOptions & { policy: "any" },
): T;
export function scope<T>(
  body: (scope: Scope<T>) => void,
  options: WaitOptions & { policy: "settle" },
): Outcome<T>[];
export function scope(
  body: (scope: Scope) => unknown,
  options: WaitOptions & { policy?: ScopePolicy } = {},
): unknown {
  checkFunction("body", body, "scope((s) => ..., options)");
  checkWait("scope", options, OPTIONS);
  const { policy = "all", timeout, signal } = options;
  if (!["all", "any", "settle"].includes(policy)) {
    throw new TypeError(`policy must be "all", "any" or "settle", not ${String(policy)}`);
  }
  const owner = blocker("scope");
  const s = new Scope(policy, owner);
  const unbound = bound(owner, { timeout, signal });
  let returned: unknown;
  try {
    returned = settled("scope", body(s));
    s.bodyEnded();
    s.join();
  } catch (error) {
    const stopped = s.bodyEnded(error);
    s.cancel(error);
    shield(() => s.join());
    if (!stopped && !s.throwsFor(error)) throw withOthers(error, s.failures);
  } finally {
    unbound();
  }
  s.close();
  return conclude(s, policy, returned);
}

/**
 * Interrupts the scope's owner when its time is over or the signal aborts.
 * @returns a function that ends that.
 */
function bound(owner: Greenlet, { timeout, signal }: WaitOptions): () => void {
  const deadline = new Timeout(timeout ?? null);
  const unlisten = signal && onAbort(signal, () => owner.interrupt(signal.reason, deadline));
  return () => {
    deadline.cancel();
    unlisten?.();
    owner.forgetInterrupt(deadline);
  };
}

function conclude(s: Scope, policy: ScopePolicy, returned: unknown): unknown {
  if (policy === "settle") return s.children.map(outcome);
  if (policy === "any") {
    if (s.winner !== null) return s.winner.value;
    throw new AggregateError(s.failures, "no child of the scope succeeded");
  }
  if (s.failures.length > 0) throw withOthers(s.failures[0], s.failures.slice(1));
  return returned;
}

function outcome(child: Greenlet): Outcome {
  return child.successful
    ? { status: "fulfilled", value: child.value }
    : { status: "rejected", reason: child.exception };
}

function withOthers(error: unknown, others: unknown[]): unknown {
  const further = others.filter((other) => other !== error);
  if (further.length === 0) return error;
  try {
    if (error instanceof Error) Reflect.set(error, "others", further);
  } catch {
    // It takes no property: it may be a proxy whose traps throw.
  }
  return error;
}
