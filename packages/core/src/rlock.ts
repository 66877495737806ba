import { GreenlitError } from "./errors.js";
import type { Greenlet } from "./greenlet.js";
import { hub } from "./hub.js";
import { Timeout } from "./timeout.js";
import { WaitList } from "./wait-list.js";
import { blocker, checkWait, passBy, Waiter, type WaitOptions } from "./waiter.js";

class Acquirer extends Waiter {
  private readonly lock: RLock;

  constructor(what: string, lock: RLock) {
    super(what);
    this.lock = lock;
  }

  override describe(): string {
    return `${this.what}, held by ${this.lock.owner?.name}`;
  }

  override blockedBy(): Greenlet | null {
    return this.lock.owner;
  }
}

/** A lock that a greenlet holds, and may take again while it holds it. Who waits longest gets it next. */
export class RLock {
  private holder: Greenlet | null = null;
  private depth = 0;
  private readonly waiters = new WaitList();

  /** Who holds it; null when nobody does. */
  get owner(): Greenlet | null {
    return this.holder;
  }

  get locked(): boolean {
    return this.holder !== null;
  }

  /**
   * Takes the lock, blocking while another greenlet holds it.
   * @returns false when `timeout` milliseconds passed first.
   * @throws BlockingSwitchOutError outside a greenlet: the hub owns nothing.
   */
  acquire(options?: WaitOptions): boolean {
    return this.take("RLock.acquire", options);
  }

  /** @internal @param what the call, for errors and dumps. */
  take(what: string, options: WaitOptions | undefined): boolean {
    const me = blocker(what);
    checkWait(options);
    if (this.holder === me) {
      this.depth++;
      return true;
    }
    if (this.holder === null) passBy("RLock.acquire");
    if (this.holder === null) {
      this.holder = me;
      this.depth = 1;
      return true;
    }
    // Whoever wakes us has made us the holder.
    return this.waiters.add(new Acquirer(what, this)).settles(options);
  }

  /** Undoes one `acquire`. @throws GreenlitError ERR_GREENLIT_NOT_OWNER if this greenlet does not hold it. */
  release(): void {
    this.checkOwner("release");
    if (--this.depth === 0) this.handOver();
  }

  /** `using held = lock.hold()`: takes it, and releases it at the end of the block. */
  hold(options?: WaitOptions): Disposable {
    const what = "RLock.hold";
    if (!this.take(what, options)) throw Timeout.expired(options?.timeout as number, what);
    let held = true;
    return {
      [Symbol.dispose]: () => {
        if (held) this.release();
        held = false;
      },
    };
  }

  /** @internal Gives it up however often it was taken; `restore` takes it as often again. */
  releaseAll(what: string): number {
    this.checkOwner(what);
    const { depth } = this;
    this.depth = 0;
    this.handOver();
    return depth;
  }

  /** @internal */
  restore(depth: number): void {
    this.acquire();
    this.depth = depth;
  }

  /** @internal */
  checkOwner(what: string): void {
    if (this.holder !== null && this.holder === hub.current) return;
    const owner = this.holder === null ? "nobody holds it" : `${this.holder.name} holds it`;
    throw new GreenlitError("ERR_GREENLIT_NOT_OWNER", `RLock: ${what} without the lock: ${owner}`);
  }

  private handOver(): void {
    const next = this.waiters.peek() as Acquirer | null;
    this.holder = next?.greenlet ?? null;
    if (next === null) return;
    this.depth = 1;
    next.wake();
  }
}
