import { hub } from "./hub.js";

/** A function that is linked twice has two. */
interface Link<Target> {
  readonly fn: (target: Target) => void;
  /** It waits for its turn on the hub. */
  queued: boolean;
  /** The next one of the same function. */
  twin: Link<Target> | null;
  /** In the oldest one of the function: the newest. */
  newest: Link<Target>;
}

/**
 * Callbacks that want to know, once, that something has become ready. They run on the hub, in the order in which they
 * were added. Adding, removing and firing one takes O(1), however many there are.
 */
export class Links<Target> {
  /** Those that are not queued yet. Made when it is needed: most objects are never linked to. */
  private waiting: Set<Link<Target>> | null = null;
  /** The oldest of each function. */
  private oldest: Map<(target: Target) => void, Link<Target>> | null = null;

  add(fn: (target: Target) => void): void {
    this.waiting ??= new Set();
    this.oldest ??= new Map();
    const link = { fn, queued: false, twin: null } as unknown as Link<Target>;
    const oldest = this.oldest.get(fn);
    if (oldest === undefined) this.oldest.set(fn, link);
    else oldest.newest.twin = link;
    (oldest ?? link).newest = link;
    this.waiting.add(link);
  }

  /** Takes the oldest link of the function back, also when it is queued. */
  remove(fn: (target: Target) => void): void {
    const link = this.oldest?.get(fn);
    if (link === undefined) return;
    this.waiting?.delete(link);
    if (link.twin === null) {
      this.oldest?.delete(fn);
    } else {
      link.twin.newest = link.newest;
      this.oldest?.set(fn, link.twin);
    }
  }

  /**
   * Queues all of them; one that is removed before its turn does not run.
   * @param call what is done with each; what it throws is uncaught.
   */
  fire(target: Target, call: (fn: (target: Target) => void) => void = (fn) => fn(target)): void {
    if (this.waiting === null || this.waiting.size === 0) return;
    for (const link of this.waiting) {
      link.queued = true;
      hub.schedule(() => {
        // One of the same function is as good: those that were removed were older.
        if (this.oldest?.get(link.fn)?.queued !== true) return;
        this.remove(link.fn);
        call(link.fn);
      });
    }
    this.waiting.clear();
  }
}
