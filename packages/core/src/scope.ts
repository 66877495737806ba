import { onAbort } from "./abort.js";
import { GreenletExit, GreenlitError } from "./errors.js";
import type { Greenlet } from "./greenlet.js";
import { joinEach, killAll } from "./join.js";
import { shield } from "./shield.js";
import { spawn } from "./spawn.js";
import { Timeout } from "./timeout.js";
import { blocker, checkWait, type WaitOptions } from "./waiter.js";

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

/** Where children are spawned that do not outlive the call to `scope`. */
export class Scope<T = unknown> {
  /** @internal In spawn order. */
  readonly children: Greenlet<T>[] = [];
  /** @internal Those that failed, in the order they did. */
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

  /** Starts `fn(...args)` as a child. @throws GreenlitError ERR_GREENLIT_SCOPE_CLOSED once the scope is done. */
  spawn<A extends readonly unknown[], R extends T>(fn: (...args: A) => R, ...args: A): Greenlet<R> {
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

  /** @internal Waits for the children, those they spawn in the scope meanwhile included. */
  join(): void {
    for (let n = 0; n < this.children.length;) {
      n = this.children.length;
      joinEach("scope", this.children, {});
    }
  }

  /** @internal The function has returned or thrown. @returns whether `error` is only how it was told to stop. */
  bodyEnded(error?: unknown): boolean {
    this.bodyRuns = false;
    this.owner.forgetInterrupt(this.enough);
    return error === this.enough;
  }

  /** @internal */
  close(): void {
    this.open = false;
  }

  /** On the child's stack. */
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
    if (this.bodyRuns) this.owner.interrupt(this.enough);
  }
}

/**
 * Calls `body` with a Scope, and returns when all that was spawned in it has ended: no child outlives the
 * call, whatever happens. The first failure kills the siblings and what `body` waits for, waits for them,
 * and is thrown; errors of others that failed as well are its property `others`. When `body` throws, or
 * this greenlet is killed, the children are killed and waited for.
 *
 * ```ts
 * const [page, robots] = scope((s) => {
 *   const page = s.spawn(fetch, url);
 *   const robots = s.spawn(fetch, robotsUrl);
 *   return [page.get(), robots.get()];
 * });
 * ```
 *
 * @param options policy: see ScopePolicy; default `all`. timeout, signal: end the scope as an error of `body` does, with
 *   a Timeout or the signal's reason.
 * @throws BlockingSwitchOutError outside a greenlet.
 */
export function scope<R>(body: (scope: Scope) => R, options?: WaitOptions & { policy?: "all" }): R;
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
  { policy = "all", timeout, signal }: WaitOptions & { policy?: ScopePolicy } = {},
): unknown {
  if (!["all", "any", "settle"].includes(policy)) {
    throw new TypeError(`policy must be "all", "any" or "settle", not ${String(policy)}`);
  }
  const owner = blocker("scope");
  checkWait({ timeout, signal });
  const s = new Scope(policy, owner);
  const unbound = bound(owner, { timeout, signal });
  let returned: unknown;
  try {
    returned = body(s);
    s.bodyEnded();
    s.join();
  } catch (error) {
    const stopped = s.bodyEnded(error);
    s.cancel(error);
    shield(() => s.join());
    if (!stopped && error !== s.failures[0]) throw withOthers(error, s.failures);
  } finally {
    unbound();
  }
  s.close();
  return conclude(s, policy, returned);
}

/** Interrupts the scope's owner when its time is over, or the signal aborts. @returns ends that. */
function bound(owner: Greenlet, { timeout, signal }: WaitOptions): () => void {
  const deadline = new Timeout(timeout ?? null);
  const unlisten = signal && onAbort(signal, () => owner.interrupt(signal.reason));
  return () => {
    deadline.cancel();
    unlisten?.();
    owner.forgetInterrupt(signal?.reason);
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
  if (further.length > 0 && error instanceof Error) Reflect.set(error, "others", further);
  return error;
}
