import { errorCode, errorMessage, isPassing, isShortage } from "./errors.js";
import { type Frontier, HandOver, type Lease } from "./frontier.js";
import { hostOf } from "./parts.js";
import { RobotsUnavailable } from "./robots-cache.js";
import type { Statistics } from "./summary.js";

export interface SecondChancesOptions {
  /** Further attempts after an error that may pass. */
  readonly retries: number;
  /** Ms before the second attempt; doubles with each further one. */
  readonly retryDelay: number;
}

/** Ms until a page is tried again for which there were too few descriptors, ports or memory. */
const SHORTAGE_DELAY = 200;

/** Which pages that were not had are tried again, and when. */
export class SecondChances {
  private readonly options: SecondChancesOptions;
  private readonly frontier: Frontier;
  private readonly statistics: Statistics;
  private readonly notify: (message: string) => void;
  private isShort = false;

  constructor(
    options: SecondChancesOptions,
    frontier: Frontier,
    statistics: Statistics,
    notify: (message: string) => void,
  ) {
    this.options = options;
    this.frontier = frontier;
    this.statistics = statistics;
    this.notify = notify;
  }

  /** @returns false when the page has failed for good; else its lease has ended */
  give(lease: Lease, error: unknown): boolean {
    if (this.frontier.closed && errorCode(error) === "interrupted") {
      this.frontier.giveBack(lease, 0);
      return true;
    }
    if (error instanceof HandOver) {
      this.frontier.handOver(lease, error.target);
      return true;
    }
    if (isShortage(error) && this.frontier.counts.leased > 1) return this.easeOff(lease, error);
    if (error instanceof RobotsUnavailable && this.postpone(lease, error)) return true;
    return isPassing(error) && this.retry(lease, null);
  }

  /**
   * @param retryAfter ms for which the host wants to be left alone
   * @returns false when there are no attempts left
   */
  retry(lease: Lease, retryAfter: number | null): boolean {
    const { retries, retryDelay } = this.options;
    const { attempts } = lease.entry;
    if (retryAfter !== null && lease.host !== null)
      this.frontier.pause(hostOf(lease.host.key), retryAfter, "it said Retry-After");
    if (attempts > retries) return false;
    this.statistics.retries++;
    this.frontier.retry(lease, retryAfter ?? retryDelay * 2 ** (attempts - 1));
    return true;
  }

  /** This machine is short of something: it is no fault of the page's, and fewer at once may do. */
  private easeOff(lease: Lease, error: unknown): true {
    this.frontier.giveBack(lease, SHORTAGE_DELAY);
    this.frontier.slowDown();
    if (!this.isShort)
      this.notify(
        `This machine cannot hold so many pages in flight: ${errorMessage(error)}. ` +
          "Going on with fewer; no page is lost. " +
          "A higher limit (ulimit -n) or a lower --concurrency avoids this.",
      );
    this.isShort = true;
    return true;
  }

  /**
   * The host's robots.txt could not be had: all its pages wait. That is no attempt to fetch one.
   *
   * @returns false when the host is given up
   */
  private postpone(lease: Lease, { host, retryAfter }: RobotsUnavailable): boolean {
    if (retryAfter === null) return false;
    this.frontier.pause(host, retryAfter, "its robots.txt could not be had");
    this.frontier.giveBack(lease, retryAfter);
    return true;
  }
}
