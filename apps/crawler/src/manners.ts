import type { ErrorCode } from "./errors.js";
import type { Learner } from "./experience.js";
import { Recent } from "./recent.js";

export interface MannersOptions {
  /** Ms between two requests to one host that the user asks for. */
  readonly delay: number;
  /** Ms before a second attempt. */
  readonly retryDelay: number;
}

/** Why a host is not asked at all for now. */
export interface GivenUp {
  readonly code: ErrorCode;
  readonly message: string;
}

/** Requests that fail one after the other before a host is given up, and for how long, in ms. */
const MAX_FAILURES = 5;
const GIVEN_UP = 5 * 60_000;
const LONGEST_PAUSE = 60_000;
/** Delay after a host first says that it is asked too often, in ms, and the longest. */
const FIRST_DELAY = 250;
const LONGEST_DELAY = 30_000;
/** The delay shrinks with each answer; below this, in ms, it is none. */
const RECOVERY = 0.9;
const SHORTEST_DELAY = 20;
/** A host whose answers take longer than this, in ms, gets time to recover between them. */
const SLOW = 2_000;
/** Weight of the newest answer in the average latency. */
const NEWEST = 0.25;
const REMEMBERED = 100_000;
/** Hosts of which a later run is told. */
const KEPT = 1_000;

interface Host {
  failures: number;
  /** When the last failure that counts was noticed. */
  failedAt: number;
  givenUp: (GivenUp & { readonly until: number }) | null;
  /** Ms between two requests, because the host said that it is asked too often. */
  ownDelay: number;
  /** Ms between two requests that its robots.txt asks for. */
  crawlDelay: number;
  /** Average ms that an answer takes. */
  latency: number;
}

/** What a later run is told of a host. */
type KeptHost = [
  key: string,
  failures: number,
  /** With the ms that are left. */
  givenUp: (GivenUp & { readonly until: number }) | null,
  ownDelay: number,
  latency: number,
];

/**
 * How a host is treated by what it answers: more slowly when it says that it is asked too often, or
 * takes long; not at all for some minutes when it does not answer any more.
 *
 * It has no clock: times are in ms, of whatever clock the caller has.
 */
export class Manners implements Learner {
  private readonly options: MannersOptions;
  private readonly hosts = new Recent<string, Host>(REMEMBERED);

  constructor(options: MannersOptions) {
    this.options = options;
  }

  /**
   * @param latency ms that the answer took
   * @param saysWhen the host itself says when it may be asked again, and so needs no delay
   */
  answered(key: string, status: number, latency: number, saysWhen = false): void {
    const host = this.host(key);
    host.failures = 0;
    host.givenUp = null;
    host.latency += (latency - host.latency) * NEWEST;
    if ((status === 429 || status === 503) && !saysWhen) {
      host.ownDelay = Math.min(Math.max(FIRST_DELAY, host.ownDelay * 2), LONGEST_DELAY);
    } else {
      host.ownDelay *= RECOVERY;
      if (host.ownDelay < SHORTEST_DELAY) host.ownDelay = 0;
    }
  }

  /**
   * A request got no answer. Of requests that were under way together one failure counts: they may
   * have one cause.
   *
   * @param began when the request was begun
   * @returns ms for which the host is to be left alone
   */
  failed(key: string, code: ErrorCode, began: number, now: number): number {
    const host = this.host(key);
    if (host.failures > 0 && began < host.failedAt) return 0;
    host.failures++;
    host.failedAt = now;
    if (host.failures >= MAX_FAILURES) {
      const message = `${key} is given up: ${host.failures} requests in a row failed (${code})`;
      host.givenUp = { code, message, until: now + GIVEN_UP };
      return 0;
    }
    // One failure is that of a page, two may be that of the host.
    if (host.failures === 1) return 0;
    return Math.min(this.options.retryDelay * 2 ** (host.failures - 2), LONGEST_PAUSE);
  }

  /** Why nothing is to be asked of a host; null when it may be asked. */
  givenUp(key: string, now: number): GivenUp | null {
    const host = this.host(key);
    if (host.givenUp === null || host.givenUp.until > now) return host.givenUp;
    host.givenUp = null;
    host.failures = MAX_FAILURES - 1; // one failure more, and it is given up again
    return null;
  }

  /** @param crawlDelay ms that the host's robots.txt asks for; null: none */
  learnCrawlDelay(key: string, crawlDelay: number | null): void {
    this.host(key).crawlDelay = crawlDelay ?? 0;
  }

  /** Ms between the starts of two requests to the host. */
  delay(key: string): number {
    const host = this.host(key);
    return Math.max(this.options.delay, host.crawlDelay, Math.round(host.ownDelay), slowness(host));
  }

  /** Why there is a delay, in the user's words; null when there is none. */
  reason(key: string): string | null {
    const host = this.host(key);
    const delay = this.delay(key);
    if (delay === 0) return null;
    if (delay === this.options.delay) return "--delay";
    if (delay === host.crawlDelay) return "crawl-delay in robots.txt";
    if (delay === slowness(host)) return `answers take ${(host.latency / 1000).toFixed(1)} s`;
    return "it answered 429 or 503";
  }

  /** Hosts that are being asked slowly or not at all, with the reason. */
  reasons(now: number, limit: number): Record<string, string> {
    const reasons: Record<string, string> = {};
    let left = limit;
    for (const key of this.hosts.keys()) {
      if (left === 0) break;
      const reason = this.reason(key);
      const givenUp = this.givenUp(key, now);
      if (reason === null && givenUp === null) continue;
      reasons[key] = givenUp?.message ?? `${this.delay(key)} ms between two requests: ${reason}`;
      left--;
    }
    return reasons;
  }

  learnt(now: number): readonly KeptHost[] {
    const kept: KeptHost[] = [];
    for (const [key, { failures, givenUp, ownDelay, latency }] of this.hosts.newestFirst()) {
      if (kept.length === KEPT) break;
      if (failures === 0 && givenUp === null && ownDelay === 0 && latency <= SLOW) continue;
      const left = givenUp === null ? null : { ...givenUp, until: Math.round(givenUp.until - now) };
      kept.push([key, failures, left, Math.round(ownDelay), Math.round(latency)]);
    }
    return kept.reverse();
  }

  relearn(learnt: readonly KeptHost[], now: number, ago: number): void {
    for (const [key, failures, left, ownDelay, latency] of learnt) {
      if (this.hosts.get(key) !== undefined) continue;
      const givenUp = left === null ? null : { ...left, until: now + left.until - ago };
      const host = { failures, failedAt: now, givenUp, ownDelay, crawlDelay: 0, latency };
      this.hosts.set(key, host);
    }
  }

  private host(key: string): Host {
    let host = this.hosts.get(key);
    if (host === undefined) {
      host = { failures: 0, failedAt: 0, givenUp: null, ownDelay: 0, crawlDelay: 0, latency: 0 };
      this.hosts.set(key, host);
    }
    return host;
  }
}

/** Ms for which a host that takes long gets time to recover. */
function slowness({ latency }: Host): number {
  return latency > SLOW ? Math.round(Math.min(latency / 2, LONGEST_DELAY)) : 0;
}
