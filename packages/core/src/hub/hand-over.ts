import type { AsyncResource } from "node:async_hooks";
import { config } from "../config.js";
import { areScopesHooked, canReplace, replace } from "../node/async-context.js";
import { domainsAreUsed } from "../node/domains.js";
import type { Fifo } from "../collections/fifo.js";
import type { Clock } from "../time/clock.js";

/**
 * Calls that need not wait between two looks at the clock. One look costs ten times as much as
 * taking a free permit.
 */
export const CALLS_PER_LOOK = 32;

/** What is known here of a greenlet. */
interface Follower {
  readonly started: boolean;
  readonly state: string;
  readonly resource: AsyncResource;
}

/** The hub, likewise. */
interface Turns<G extends Follower> {
  current: G | null;
  untilLook: number;
  callsUntilLook: number;
  readonly inTurn: boolean;
  readonly ready: Fifo<G | (() => void)>;
  readonly clock: Clock;
  readonly job: unknown;
  readonly probe: unknown;
}

/** A Timer, likewise. */
interface Wakeup<G> {
  /** The blocking call that it wakes, where it does nothing else. */
  readonly waiter: { readonly greenlet: G; wakeToFollow(): boolean } | null;
}

/**
 * Within a turn, a greenlet that parks or ends switches to the next one itself, where that is
 * possible. That is one switch; by way of the hub it is two. The next greenlet must find everything
 * as the hub would have left it: the queue, the clock, the asynchronous context.
 *
 * It belongs to the hub, so a second copy of this package uses that of the first copy.
 */
export class HandOver<G extends Follower> {
  private readonly hub: Turns<G>;
  /** Whether greenlets may hand over in this turn. */
  allowed = false;
  /** How often the hub has given a greenlet its turn. */
  private turnsGiven = 0;

  constructor(hub: Turns<G>) {
    this.hub = hub;
  }

  /** The hub gives a greenlet its turn. */
  countTurn(): void {
    this.turnsGiven++;
  }

  /** A turn of the hub begins. */
  beginTurn(): void {
    this.allowed = this.turnsGiven >= config.handOver && canReplace();
  }

  /**
   * For a greenlet that parks or has ended: takes the greenlet that runs next out of its queue or
   * wait, and makes it the current one. The caller must switch to it.
   * @returns null when the caller must switch to the hub instead.
   */
  successor(): G | null {
    const { hub } = this;
    if (hub.untilLook <= 1 || hub.job !== null || hub.probe !== null) return null;
    if (hub.inTurn) {
      const next = this.nextReady();
      if (next === null || !this.isPossible()) return null;
      hub.ready.shift();
      return this.follow(next);
    }
    const alarm = hub.clock.upcoming?.() ?? null;
    const waiter = (alarm as Wakeup<G> | null)?.waiter ?? null;
    if (alarm === null || waiter === null || !this.isPossible()) return null;
    hub.clock.stop(alarm);
    return waiter.wakeToFollow() ? this.follow(waiter.greenlet) : null;
  }

  /** The first in the queue, if it is a greenlet that another greenlet may switch to. */
  private nextReady(): G | null {
    const next = this.hub.ready.peek();
    if (next === undefined || typeof next === "function") return null;
    // A new greenlet begins in the asynchronous context of its resource. Only the hub enters that.
    return next.started && next.state === "queued" ? next : null;
  }

  private isPossible(): boolean {
    return this.allowed && !areScopesHooked() && !domainsAreUsed();
  }

  private follow(next: G): G {
    const { hub } = this;
    hub.untilLook--;
    hub.current = next;
    hub.callsUntilLook = CALLS_PER_LOOK;
    replace(next.resource);
    return next;
  }
}
