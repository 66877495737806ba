import { getCurrent, type Greenlet } from "greenlit";
import type { Phase } from "./phases.js";
import type { Entry } from "./schedule.js";

/** A page in flight. */
export class Flight {
  readonly entry: Entry;
  /** The greenlet that visits it. */
  readonly greenlet: Greenlet;
  phase: Phase = "robots";
  /** When it was begun, and when it came into its phase, by `performance.now()`. */
  readonly began: number = performance.now();
  since: number = this.began;

  constructor(entry: Entry, greenlet: Greenlet) {
    this.entry = entry;
    this.greenlet = greenlet;
  }

  enter(phase: Phase): void {
    this.phase = phase;
    this.since = performance.now();
  }
}

const byGreenlet = new Map<Greenlet, Flight>();

/** The page that the running greenlet visits, if it visits one. */
export function flightHere(): Flight | undefined {
  const greenlet = getCurrent();
  return greenlet === null ? undefined : byGreenlet.get(greenlet);
}

/**
 * Says what the running greenlet's page does from now on. Whoever does the work says so, without
 * having been handed anything; in a greenlet that visits no page it does nothing.
 */
export function enter(phase: Phase): void {
  flightHere()?.enter(phase);
}

/** The pages in flight of one crawl, the oldest first. */
export class Flights implements Iterable<Flight> {
  private readonly all = new Set<Flight>();

  get size(): number {
    return this.all.size;
  }

  [Symbol.iterator](): IterableIterator<Flight> {
    return this.all.values();
  }

  /** Runs `visit` as the visit of a page, in the greenlet that calls it. */
  during(entry: Entry, visit: () => void): void {
    const greenlet = getCurrent()!;
    const flight = new Flight(entry, greenlet);
    this.all.add(flight);
    byGreenlet.set(greenlet, flight);
    try {
      visit();
    } finally {
      byGreenlet.delete(greenlet);
      this.all.delete(flight);
    }
  }
}
