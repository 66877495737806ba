import type { Entry } from "./wait-list.js";

/**
 * Something that `select` can take from: a queue, a channel, an event, a greenlet, `after(ms)` ...
 */
export interface Source<T, Woken = unknown> {
  /**
   * What it gives, for the compiler alone: no object has it. All else is internal, and not in the
   * declarations of the package. Without this, anything would be a source of `unknown`.
   */
  readonly "~gives"?: () => T;
  /** @internal Takes what is there; null when there is nothing yet. May throw. */
  poll(): { readonly value: T } | null;
  /**
   * @internal Puts `entry` where it will be woken with the next one.
   * @returns a function for what must be undone besides leaving the list, if anything.
   */
  enlist(entry: Entry<Woken>): (() => void) | void;
  /** @internal Turns what the entry was woken with into the result. May throw. */
  result(woken: Woken): T;
}
