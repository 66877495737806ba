import { hub } from "./hub.js";

/** Callbacks that want to know, once, that something has become ready. They run on the hub. */
export class Links<Target> {
  private fns: ((target: Target) => void)[] = [];

  add(fn: (target: Target) => void): void {
    this.fns.push(fn);
  }

  remove(fn: (target: Target) => void): void {
    const at = this.fns.indexOf(fn);
    if (at >= 0) this.fns.splice(at, 1);
  }

  /** Queues all of them; one that is removed before its turn does not run. What one throws is uncaught. */
  fire(target: Target): void {
    if (this.fns.length === 0) return;
    for (const fn of this.fns) {
      hub.schedule(() => {
        if (!this.fns.includes(fn)) return;
        this.remove(fn);
        fn(target);
      });
    }
  }
}
