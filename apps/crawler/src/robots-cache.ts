import { type Greenlet, killAll, spawn } from "greenlit";
import type { Answer, Client, Head, Wanted } from "./client.js";
import {
  CrawlError,
  type ErrorCode,
  errorCode,
  errorMessage,
  isPassing,
  isShortage,
} from "./errors.js";
import { redirectTarget } from "./redirect.js";
import { parseRetryAfter } from "./retry-after.js";
import { parseRobots, productToken, ROBOTS_MAX_BYTES, type RobotsRules } from "./robots.js";
import { RuleSet } from "./robots-rules.js";

export interface RobotsCacheOptions {
  readonly userAgent: string;
  /** Ms before a file that could not be had is asked for again; doubles each time. */
  readonly retryDelay: number;
  /** How long an answer holds, in ms (RFC 9309 section 2.4: not longer than 24 hours). */
  readonly lifetime?: number;
}

const DAY = 24 * 60 * 60 * 1000;
const MAX_REDIRECTS = 5;
/** How often a file is asked for before its host is given up, and how long that holds, in ms. */
const PATIENCE = 4;
const GIVEN_UP = 5 * 60 * 1000;
/** The shortest pause between two of these requests: a host that starts anew takes seconds. */
const SHORTEST_PAUSE = 500;
const EVERYTHING_ALLOWED: RobotsRules = { rules: new RuleSet(), crawlDelay: null, sitemaps: [] };

/** Why there are no rules. */
interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  /** Ms the host wants to be left alone for. */
  readonly retryAfter: number | null;
  /** Another attempt may have more luck. */
  readonly passing: boolean;
  /** What counts when there is none: false: nothing may be fetched. */
  readonly allows: boolean;
  /** What was thrown when it was this machine that had too little for one more request. */
  readonly shortage?: unknown;
}

interface Cached {
  readonly answer: Greenlet<RobotsRules | Failure>;
  /** How often the file could not be had, one time after the other. */
  failures: number;
  /** Ms since the epoch; Infinity while it is being fetched. */
  until: number;
}

/**
 * Nothing at the origin may be fetched: its robots.txt exists, or may exist, and cannot be read.
 */
export class RobotsUnavailable extends CrawlError {
  /** Name and port of the host. */
  readonly host: string;
  /** Ms after which asking again is worth it; null: the host is given up for now. */
  readonly retryAfter: number | null;

  constructor(host: string, { code, message }: Failure, retryAfter: number | null) {
    super(code, message);
    this.host = host;
    this.retryAfter = retryAfter;
  }
}

/**
 * The robots.txt of each origin, fetched once however many greenlets ask for it.
 *
 * RFC 9309 section 2.3.1: 2xx is parsed; up to five redirects are followed; 4xx, and redirects that
 * are more than that or lead to no page, mean that there are no rules; 5xx and network errors mean
 * that nothing may be fetched. What may pass, 429 too, is asked for again, after longer and longer
 * pauses; a host that stays unreachable is then given up, for some minutes.
 */
export class RobotsCache {
  private readonly client: Pick<Client, "get">;
  private readonly options: Required<RobotsCacheOptions>;
  private readonly token: string;
  private readonly cached = new Map<string, Cached>();

  constructor(client: Pick<Client, "get">, options: RobotsCacheOptions) {
    this.client = client;
    this.options = { lifetime: DAY, ...options };
    this.token = productToken(options.userAgent);
  }

  /**
   * The rules for a URL. Blocks while they are being fetched.
   *
   * @throws RobotsUnavailable when they cannot be had, with the code `robots-unreachable` or what
   * the network said; what this machine said when it had too little for the request
   */
  rulesFor(url: URL): RobotsRules {
    let cached = this.cached.get(url.origin);
    if (cached === undefined || cached.until <= Date.now()) cached = this.ask(url, cached);
    const answer = cached.answer.get();
    if (!("code" in answer)) return answer;
    if ("shortage" in answer) {
      // No answer of the host's, so not to be kept.
      if (this.cached.get(url.origin) === cached) this.cached.delete(url.origin);
      throw answer.shortage;
    }
    const wait = cached.failures < patienceFor(answer) ? cached.until - Date.now() : null;
    if (wait === null && answer.allows) return EVERYTHING_ALLOWED;
    throw new RobotsUnavailable(url.host, answer, wait === null ? null : Math.max(1, wait));
  }

  /** Ends what is still being fetched. */
  close(): void {
    killAll([...this.cached.values()].map(({ answer }) => answer).filter(({ dead }) => !dead));
  }

  private ask(url: URL, before: Cached | undefined): Cached {
    // A greenlet of its own: if the one that asked first is killed, the others still get their
    // answer.
    const answer = spawn(() => {
      const result = this.fetch(new URL("/robots.txt", url));
      cached.until = Date.now() + this.lifetimeOf(result, cached);
      return result;
    });
    const cached: Cached = { answer, failures: before?.failures ?? 0, until: Infinity };
    this.cached.set(url.origin, cached);
    return cached;
  }

  /** Counts failures; how long an answer holds, in ms. */
  private lifetimeOf(answer: RobotsRules | Failure, cached: Cached): number {
    cached.failures = "code" in answer ? cached.failures + 1 : 0;
    if (!("code" in answer)) return this.options.lifetime;
    if (cached.failures >= patienceFor(answer)) return Math.min(GIVEN_UP, this.options.lifetime);
    const first = Math.max(SHORTEST_PAUSE, this.options.retryDelay);
    return Math.max(answer.retryAfter ?? 0, first * 2 ** (cached.failures - 1));
  }

  private fetch(start: URL): RobotsRules | Failure {
    try {
      let url = start;
      for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
        const answer = this.client.get(url, wantedOf);
        const target = redirectTarget(answer, url);
        if (target === null) return this.interpret(answer);
        url = target;
      }
      return EVERYTHING_ALLOWED;
    } catch (error) {
      const code = errorCode(error);
      if (code === "bad-redirect") return EVERYTHING_ALLOWED;
      const message = `robots.txt could not be fetched: ${errorMessage(error)}`;
      const failure = { code, message, retryAfter: null, passing: isPassing(error), allows: false };
      return isShortage(error) ? { ...failure, shortage: error } : failure;
    }
  }

  private interpret({ status, body, header }: Answer): RobotsRules | Failure {
    if (body !== null) return parseRobots(body, this.token);
    if (status < 500 && status !== 429) return EVERYTHING_ALLOWED;
    return {
      code: "robots-unreachable",
      message: `robots.txt answered ${status}`,
      retryAfter: parseRetryAfter(header("retry-after"), Date.now()),
      passing: true,
      allows: status < 500,
    };
  }
}

/** How often to ask: each answer that never comes costs the whole time-out. */
function patienceFor({ code, passing }: Failure): number {
  if (!passing) return 1;
  return code === "timeout" || code === "connect-timeout" ? PATIENCE / 2 : PATIENCE;
}

/** One byte more than is parsed, which says that there is more. */
function wantedOf({ status }: Head): Wanted {
  return status >= 200 && status < 300 ? ROBOTS_MAX_BYTES + 1 : "nothing";
}
