import { type Greenlet, killAll, sleep, spawn } from "greenlit";
import type { Answer, Client } from "./client.js";
import {
  CrawlError,
  type ErrorCode,
  errorCode,
  errorMessage,
  isPassing,
  isShortage,
} from "./errors.js";
import { redirectTarget } from "./fetcher.js";
import { parseRobots, productToken, type RobotsRules } from "./robots.js";

export interface RobotsCacheOptions {
  readonly userAgent: string;
  /** Further attempts when the file cannot be had, and ms before the first of them. */
  readonly retries: number;
  readonly retryDelay: number;
  /** How long an answer holds, in ms (RFC 9309 section 2.4: not longer than 24 hours). */
  readonly lifetime?: number;
}

const DAY = 24 * 60 * 60 * 1000;
const MAX_REDIRECTS = 5;
const EVERYTHING_ALLOWED: RobotsRules = { rules: [], crawlDelay: null, sitemaps: [] };

/**
 * Nothing at the origin may be fetched: its robots.txt exists, or may exist, and cannot be read.
 */
interface Unreachable {
  readonly code: ErrorCode;
  readonly message: string;
  /** Whether another attempt may have more luck. */
  readonly passing: boolean;
  /** What was thrown when it was this machine that had too little for one more request. */
  readonly shortage?: unknown;
}

/**
 * The robots.txt of each origin, fetched once however many greenlets ask for it.
 *
 * RFC 9309 section 2.3.1: 2xx is parsed; up to five redirects are followed; 4xx, and more redirects
 * than that, means that there are no rules; 5xx and network errors mean that nothing may be
 * fetched.
 */
export class RobotsCache {
  private readonly client: Pick<Client, "get">;
  private readonly options: Required<RobotsCacheOptions>;
  private readonly token: string;
  private readonly cached = new Map<
    string,
    { rules: Greenlet<RobotsRules | Unreachable>; until: number }
  >();

  constructor(client: Pick<Client, "get">, options: RobotsCacheOptions) {
    this.client = client;
    this.options = { lifetime: DAY, ...options };
    this.token = productToken(options.userAgent);
  }

  /**
   * The rules for a URL. Blocks while they are being fetched.
   *
   * @throws CrawlError when they cannot be had: `robots-unreachable`, or what the network said
   */
  rulesFor(url: URL): RobotsRules {
    let cached = this.cached.get(url.origin);
    if (cached === undefined || cached.until <= Date.now()) {
      // A greenlet of its own: if the one that asked first is killed, the others still get their
      // answer.
      const rules = spawn(() => this.load(new URL("/robots.txt", url)));
      cached = { rules, until: Date.now() + this.options.lifetime };
      this.cached.set(url.origin, cached);
    }
    const rules = cached.rules.get();
    if ("shortage" in rules) {
      // No answer of the host's, so not to be kept.
      if (this.cached.get(url.origin) === cached) this.cached.delete(url.origin);
      throw rules.shortage;
    }
    if ("code" in rules) throw new CrawlError(rules.code, rules.message);
    return rules;
  }

  /** Ends what is still being fetched. */
  close(): void {
    killAll([...this.cached.values()].map(({ rules }) => rules).filter((rules) => !rules.dead));
  }

  /** Never throws: an error is an answer too, and is kept like one. */
  private load(url: URL): RobotsRules | Unreachable {
    for (let attempt = 0; ; attempt++) {
      const rules = this.fetch(url);
      if (!("code" in rules) || !rules.passing || attempt >= this.options.retries) return rules;
      sleep(this.options.retryDelay * 2 ** attempt);
    }
  }

  private fetch(start: URL): RobotsRules | Unreachable {
    try {
      let url = start;
      for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
        const answer = this.client.get(url, isSuccess);
        const target = redirectTarget(answer, url);
        if (target === null) return this.interpret(answer);
        url = target;
      }
      return EVERYTHING_ALLOWED;
    } catch (error) {
      const message = `robots.txt could not be fetched: ${errorMessage(error)}`;
      const unreachable = { code: errorCode(error), message, passing: isPassing(error) };
      return isShortage(error) ? { ...unreachable, shortage: error } : unreachable;
    }
  }

  private interpret({ status, body }: Answer): RobotsRules | Unreachable {
    if (body !== null) return parseRobots(body, this.token);
    if (status < 500) return EVERYTHING_ALLOWED;
    return { code: "robots-unreachable", message: `robots.txt answered ${status}`, passing: true };
  }
}

function isSuccess({ status }: Pick<Answer, "status">): boolean {
  return status >= 200 && status < 300;
}
