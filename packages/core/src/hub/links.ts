import { hub } from "./hub.js";
import { Entry, WaitList } from "./wait-list.js";
import { checkFunction } from "../wait-options.js";

/**
 * An entry among those who wait: a function to be called. A function that is linked twice has two.
 */
class Link<Target> extends Entry {
  readonly fn: (target: Target) => void;
  /** Whether it has been woken, and waits for its turn on the hub. */
  queued = false;
  /** The next link of the same function. */
  twin: Link<Target> | null = null;
  /** In the oldest link of a function: the newest one. */
  newest: Link<Target> = this;
  private readonly links: Links<Target>;

  constructor(links: Links<Target>, fn: (target: Target) => void) {
    super();
    this.links = links;
    this.fn = fn;
  }

  wake(): void {
    this.list?.remove(this);
    this.queued = true;
    hub.schedule(() => this.links.run(this));
  }

  fail(): void {
    this.wake();
  }
}

/**
 * Callbacks that are called once, when something has become ready. They run on the hub, in the
 * order in which they were added. They may share a list with greenlets that wait for the same
 * thing; then all are woken in one common order. Adding, removing and firing one takes O(1).
 */
export class Links<Target> {
  private readonly target: Target;
  /** The links that are not queued yet. Made on first use: most objects never have a link. */
  private list: WaitList | null;
  private readonly failed: (error: unknown, fn: (target: Target) => void) => void;
  /** The oldest link of each function. */
  private oldest: Map<(target: Target) => void, Link<Target>> | null = null;

  /**
   * @param list a list of others that are woken together with the links. Default: one of its own.
   * @param failed called with what a callback throws. Default: the error is uncaught.
   */
  constructor(
    target: Target,
    list: WaitList | null = null,
    failed: (error: unknown, fn: (target: Target) => void) => void = rethrow,
  ) {
    this.target = target;
    this.list = list;
    this.failed = failed;
  }

  add(fn: (target: Target) => void): void {
    checkFunction("fn", fn, "link(fn)");
    this.oldest ??= new Map();
    const link = new Link(this, fn);
    const oldest = this.oldest.get(fn);
    if (oldest === undefined) this.oldest.set(fn, link);
    else oldest.newest.twin = link;
    (oldest ?? link).newest = link;
    (this.list ??= new WaitList()).add(link);
  }

  /** Takes back the oldest link of the function, even when it is queued. */
  remove(fn: (target: Target) => void): void {
    const link = this.oldest?.get(fn);
    if (link === undefined) return;
    link.list?.remove(link);
    if (link.twin === null) {
      this.oldest?.delete(fn);
    } else {
      link.twin.newest = link.newest;
      this.oldest?.set(fn, link.twin);
    }
  }

  /**
   * Queues all links, and wakes all others in their list. A link that is removed before its turn
   * does not run.
   */
  fire(): void {
    this.list?.wakeAll();
  }

  /** @internal It is the link's turn. */
  run({ fn }: Link<Target>): void {
    // Links of one function are alike, so the oldest stands for this one: `remove` takes the
    // oldest.
    if (this.oldest?.get(fn)?.queued !== true) return;
    this.remove(fn);
    try {
      fn(this.target);
    } catch (error) {
      this.failed(error, fn);
    }
  }
}

/** Base class of what functions can be linked to: events, queues, semaphores ... */
export abstract class Linkable {
  /** @internal */
  protected readonly links: Links<this>;

  /** @param list the list of greenlets that are woken together with the links. */
  constructor(list: WaitList | null = null) {
    this.links = new Links<this>(this, list);
  }

  /** True when a greenlet that asks now need not wait. */
  abstract get ready(): boolean;

  /**
   * Calls `fn` once, on the hub, when this is next ready; soon, if it is ready now. The
   * call takes no item and no permit. `fn` must not block.
   */
  link(fn: (target: this) => void): void {
    this.links.add(fn);
    if (this.ready) this.links.fire();
  }

  /** Takes back the oldest link of `fn`. */
  unlink(fn: (target: this) => void): void {
    this.links.remove(fn);
  }
}

function rethrow(error: unknown): never {
  throw error;
}
