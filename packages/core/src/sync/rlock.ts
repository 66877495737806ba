import { GreenlitError } from "../errors.js";
import type { Greenlet } from "../hub/greenlet.js";
import { hub } from "../hub/hub.js";
import { WaitList } from "../hub/wait-list.js";
import { checkWait, type WaitOptions } from "../wait-options.js";
import { hold } from "./hold.js";
import { blocker, stayFair, Waiter } from "../hub/waiter.js";

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

/**
 * A lock that the greenlet that holds it may take again. The greenlet that has waited longest gets
 * it next.
 */
export class RLock {
  private holder: Greenlet | null = null;
  private depth = 0;
  private readonly waiters = new WaitList();

  /** The greenlet that holds it; null when none does. */
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
    return this.acquireAs("RLock.acquire", options);
  }

  /** @internal @param what the call, for errors and dumps. */
  acquireAs(what: string, options: WaitOptions | undefined): boolean {
    const me = blocker(what);
    checkWait(what, options);
    if (this.holder === me) {
      this.depth++;
      return true;
    }
    if (this.holder === null) stayFair(what);
    if (this.holder === null) {
      this.holder = me;
      this.depth = 1;
      return true;
    }
    // Whoever wakes us has made us the holder.
    return this.waiters.add(new Acquirer(what, this)).tryWait(options);
  }

  /**
   * Undoes one `acquire`. Never blocks.
   * @throws GreenlitError ERR_GREENLIT_NOT_OWNER if this greenlet does not hold it.
   */
  release(): void {
    this.checkOwner("release");
    if (--this.depth === 0) this.handOver();
  }

  /**
   * `using held = lock.hold()`: takes the lock as `acquire` does, and releases it at the end of the
   * block.
   * @throws Timeout after `timeout` milliseconds.
   */
  hold(options?: WaitOptions): Disposable {
    return hold(this, "RLock.hold", options);
  }

  /** @internal Gives the lock up, however often it was taken. `restore` takes it as often again. */
  releaseAll(what: string): number {
    this.checkOwner(what);
    const { depth } = this;
    this.depth = 0;
    this.handOver();
    return depth;
  }

  /** @internal @param what the call, for dumps. */
  restore(what: string, depth: number): void {
    this.acquireAs(what, undefined);
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
