import { getCurrent, getHub, type Greenlet, joinAll, killAll, Pool, spawn } from "@greenlit/core";
import {
  blocker,
  checkOptions,
  checkWait,
  deadline,
  timedOut,
  timeLeft,
} from "@greenlit/core/blocking-call";
import type { CallOptions } from "./deadline.js";
import { SocketClosedError } from "./errors.js";

export interface ServerOptions {
  /**
   * Where the greenlets run that serve. While it is full, nothing is taken in: what comes waits in
   * the kernel. Default: one of its own, without bound.
   */
  readonly pool?: Pool | undefined;
}

/** What a server listens with. */
interface Source {
  readonly closed: boolean;
  close(): void;
}

/** Takes in one thing after the other, and serves each in a greenlet of its own. */
export abstract class BaseServer<Item> {
  private readonly name: string;
  private readonly source: Source;
  private readonly pool: Pool;
  private readonly serving = new Set<Greenlet>();
  private readonly taking: Greenlet;

  /** @param name of the class, for errors and dumps. */
  constructor(name: string, source: Source, options: ServerOptions | undefined) {
    this.name = name;
    this.source = source;
    this.pool = options?.pool ?? new Pool();
    this.taking = spawn(() => this.takeAll());
  }

  /** Refuses what are no options, before anything listens. */
  protected static check(name: string, options: ServerOptions | undefined): void {
    checkOptions(name, options, ["pool"]);
  }

  /** How many are being served. */
  get active(): number {
    return this.serving.size;
  }

  get closed(): boolean {
    return this.source.closed;
  }

  /**
   * Blocks until the server has been stopped, and all that it served have ended.
   *
   * @throws Timeout after `timeout` milliseconds.
   */
  join(options?: CallOptions): void {
    const what = `${this.name}.join`;
    checkWait(what, options);
    blocker(what);
    const end = deadline(options?.timeout);
    let left = this.others();
    while (left.length > 0) {
      joinAll(left, { timeout: timeLeft(end), signal: options?.signal });
      left = this.others();
      if (left.length > 0 && timeLeft(end) === 0) throw timedOut(what, options?.timeout as number);
    }
  }

  /**
   * Takes in nothing more at once, waits for those that are being served, and kills what is left
   * after `timeout` milliseconds. Without it they have as long as they want.
   */
  stop(options?: CallOptions): void {
    const what = `${this.name}.stop`;
    checkWait(what, options);
    blocker(what);
    this.close();
    joinAll(this.others(), options);
    killAll(this.others());
  }

  /** Takes in nothing more. Those that are being served go on. Never blocks. */
  close(): void {
    this.source.close();
    this.taking.kill(undefined, { block: false });
  }

  [Symbol.dispose](): void {
    this.close();
    for (const greenlet of this.serving) greenlet.kill(undefined, { block: false });
  }

  /** Blocks until there is something to serve. */
  protected abstract take(): Item;

  protected abstract serve(item: Item): unknown;

  /** The item has been served, or will not be. */
  protected abstract finish(item: Item): void;

  /** All that run, but for the one that asks. */
  private others(): Greenlet[] {
    const me = getCurrent();
    return [this.taking, ...this.serving].filter((one) => !one.dead && one !== me);
  }

  private takeAll(): void {
    try {
      for (;;) {
        this.pool.waitAvailable();
        this.start(this.take());
      }
    } catch (error) {
      if (!(error instanceof SocketClosedError && this.closed)) throw error;
    } finally {
      this.source.close();
    }
  }

  private start(item: Item): void {
    let greenlet: Greenlet;
    try {
      greenlet = this.pool.spawn(() => this.serve(item)) as Greenlet;
    } catch (error) {
      this.finish(item);
      throw error;
    }
    this.serving.add(greenlet);
    // Not by the greenlet itself: one that is killed before its first turn does nothing.
    greenlet.link(() => {
      this.serving.delete(greenlet);
      this.finish(item);
      if (!greenlet.successful) getHub().onError(greenlet, greenlet.exception);
    });
  }
}
