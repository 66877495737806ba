import { Pool, shield } from "greenlit";
import { AddressGuard } from "./address-guard.js";
import { Client } from "./client.js";
import { Cookies } from "./cookies.js";
import { CrawlError, errorCode, errorMessage, isPassing, isPassingStatus } from "./errors.js";
import { Fetcher, type Observer, type Page } from "./fetcher.js";
import { Frontier, type Lease } from "./frontier.js";
import { type CrawlOptions, type ResolvedOptions, resolveOptions } from "./options.js";
import type { PageRecord } from "./output.js";
import type { Link } from "./links.js";
import { Manners } from "./manners.js";
import { Pace } from "./pace.js";
import { Recent } from "./recent.js";
import { isAllowed, productToken } from "./robots.js";
import { RobotsCache, RobotsUnavailable } from "./robots-cache.js";
import { Scope } from "./scope.js";
import { Stopwatch } from "./stopwatch.js";
import { Statistics, type Summary } from "./summary.js";
import { Traps } from "./traps.js";
import { parseUrl } from "./url.js";

/** Where finished pages go. `write` may block the greenlet. */
export interface Output {
  write(record: PageRecord): void;
}

/**
 * Crawls from the seeds until nothing is left. To be called in a greenlet; blocks until the crawl
 * is finished.
 */
export function crawl(options: CrawlOptions, output?: Output): Summary {
  return new Crawler(options, output).run();
}

/** Redirects that are remembered, and how many in a row are looked at, to find circles. */
const MAX_REDIRECTS = 20_000;
const MAX_STEPS = 20;

/** Hosts in the summary that were held back. */
const MAX_REASONS = 10;

/** One crawl. `run` may be called once. */
export class Crawler {
  readonly frontier: Frontier;
  readonly statistics: Statistics = new Statistics();
  private readonly options: ResolvedOptions;
  private readonly output: Output | null;
  private readonly scope: Scope;
  private readonly traps: Traps;
  private readonly guard: AddressGuard;
  private readonly client: Client;
  private readonly fetcher: Fetcher;
  private readonly robots: RobotsCache;
  private readonly manners: Manners;
  /** One greenlet for each page in flight; the frontier limits their number. */
  private readonly visitors = new Pool();
  /** Redirects that were not followed because their target has a turn of its own. */
  private readonly redirects = new Recent<string, string>(MAX_REDIRECTS);
  private fatal: unknown = null;

  constructor(options: CrawlOptions, output: Output | null = null) {
    this.options = resolveOptions(options);
    this.output = output;
    this.frontier = new Frontier(this.options);
    this.scope = new Scope({ ...this.options, mode: this.options.scope });
    this.traps = new Traps(this.options.traps);
    this.guard = new AddressGuard(this.options.allowPrivate);
    const cookies = this.options.cookies ? new Cookies() : null;
    this.client = new Client({ ...this.options, guard: this.guard, cookies });
    const token = productToken(this.options.userAgent);
    this.manners = new Manners(this.options);
    const obeysNofollow = this.options.robots;
    this.fetcher = new Fetcher(this.client, { obeysNofollow, token, observer: this.observer() });
    this.robots = new RobotsCache(this.client, this.options);
  }

  /**
   * Blocks until the crawl is finished, or stopped.
   * @throws OutputError when pages could not be written
   */
  run(): Summary {
    try {
      for (const seed of this.options.seeds) this.addSeed(seed);
      for (const lease of this.frontier) this.visitors.spawn(() => this.visit(lease));
      if (!this.visitors.join({ timeout: this.options.grace })) this.visitors.kill();
    } finally {
      this.robots.close();
      this.client.close();
    }
    if (this.fatal !== null) throw this.fatal;
    return this.summary();
  }

  /**
   * Begins no further page. Those in flight get `grace` ms, then `run` returns. May be called from
   * anywhere.
   */
  stop(): void {
    this.frontier.close();
  }

  /**
   * Fetches one page and queues its links. The page's errors end here, and every one of them is
   * recorded.
   */
  private visit(lease: Lease): void {
    const { url } = lease.entry;
    const watch = new Stopwatch();
    try {
      if (!this.robotsAllow(new URL(url))) return this.skip(lease, "robots");
      const page = this.fetcher.fetch(url, (target) => this.gate(lease, target), watch);
      if (isPassingStatus(page.status) && this.retry(lease, page.retryAfter)) return;
      this.followAll(lease, page);
      this.record(lease, watch, page, null);
    } catch (error) {
      if (error instanceof RobotsUnavailable && this.postpone(lease, error)) return;
      if (isPassing(error) && this.retry(lease, null)) return;
      this.record(lease, watch, null, error);
    }
  }

  private followAll(lease: Lease, page: Page): void {
    const pace = new Pace();
    const from = new URL(page.finalUrl);
    const found: URL[] = [];
    for (const link of page.links) {
      pace.step();
      const url = this.follow(link, lease, from);
      if (url !== null) found.push(url);
    }
    const { fingerprint } = page;
    this.traps.learn({ url: from, depth: lease.entry.depth, fingerprint, found });
    if (page.droppedLinks > 0) this.statistics.skipped.add("too-many-links", page.droppedLinks);
  }

  /** Queues a link, unless there is a reason not to. @returns its URL when that is new */
  private follow({ href, nofollow }: Link, lease: Lease, from: URL): URL | null {
    const { url, reason } = parseUrl(href);
    if (url !== null && this.frontier.has(url.href)) return null;
    const depth = lease.entry.depth + 1;
    const refusal = url === null ? reason : this.refusalOfLink(url, nofollow, depth, from);
    if (refusal === null) return this.frontier.add(url!, depth, from.href) ? url : null;
    this.statistics.skipped.add(refusal);
    return null;
  }

  private refusalOfLink(url: URL, nofollow: boolean, depth: number, from: URL): string | null {
    if (this.traps.isTooLong(url)) return "url-too-long";
    if (nofollow) return "nofollow";
    return this.scope.check(url, depth) ?? this.traps.check(url, depth, from);
  }

  private addSeed(seed: string): void {
    const { url, reason } = parseUrl(seed);
    if (url === null) {
      this.write({
        ...blankRecord(seed),
        error: reason,
        message: `not a URL that can be crawled`,
      });
      return;
    }
    this.scope.addSeed(url);
    this.guard.allow(url);
    this.frontier.add(url, 0, null);
  }

  /** Asks everybody who has a say in a redirect, then waits for a place at the other host. */
  private gate(lease: Lease, target: URL): string | null {
    const refusal = this.refusalOf(lease, target);
    if (refusal !== null) this.statistics.skipped.add(refusal);
    return refusal;
  }

  private refusalOf(lease: Lease, target: URL): string | null {
    const { depth, referrer } = lease.entry;
    // A seed may redirect to where the site really lives, www.example.org say: that is then in
    // scope.
    if (referrer === null) this.scope.addSeed(target);
    const outside = referrer === null ? null : this.scope.check(target, depth);
    if (outside !== null) return outside;
    // A page may send its visitors to itself once more, with a cookie.
    const isItself = target.href === lease.entry.url;
    if (!isItself && !this.frontier.claim(lease, target)) return this.known(lease, target);
    this.frontier.moveTo(lease, target.host);
    return this.robotsAllow(target) ? null : "robots";
  }

  /**
   * A redirect to a page that has its own turn. @throws CrawlError `redirect-loop` when that one
   * redirected here
   */
  private known({ entry }: Lease, target: URL): "known" {
    const passed = [entry.url, ...entry.hops];
    let end: string | undefined = target.href;
    for (let step = 0; end !== undefined && step < MAX_STEPS; step++) {
      if (passed.includes(end))
        throw new CrawlError("redirect-loop", `redirects in a circle: ${target.href}`);
      end = this.redirects.get(end);
    }
    for (const url of passed) this.redirects.set(url, target.href);
    return "known";
  }

  /**
   * Blocks until the host's robots.txt is there.
   * @throws CrawlError when it cannot be had, or the host is given up
   */
  private robotsAllow(url: URL): boolean {
    const givenUp = this.manners.givenUp(url.host, performance.now());
    if (givenUp !== null) throw new CrawlError(givenUp.code, givenUp.message);
    const rules = this.options.robots ? this.robots.rulesFor(url) : null;
    this.manners.learnCrawlDelay(url.host, rules?.crawlDelay ?? null);
    this.frontier.open(url.host, this.manners.delay(url.host));
    return rules === null || isAllowed(rules, url);
  }

  /** What each request tells about its host decides how that is treated from now on. */
  private observer(): Observer {
    return {
      answered: ({ host }, { status, header }, latency) => {
        const saysWhen = header("retry-after") !== undefined;
        this.manners.answered(host, status, latency, saysWhen);
        this.frontier.open(host, this.manners.delay(host));
      },
      failed: ({ host }, error, began) => {
        if (!isPassing(error)) return;
        const pause = this.manners.failed(host, errorCode(error), began, performance.now());
        if (pause > 0) this.frontier.pause(host, pause);
      },
    };
  }

  /** @returns false when there are no attempts left, or the crawl is being stopped */
  private retry(lease: Lease, retryAfter: number | null): boolean {
    const { retries, retryDelay } = this.options;
    const { attempts } = lease.entry;
    if (retryAfter !== null && lease.host !== null) this.frontier.pause(lease.host.key, retryAfter);
    if (attempts > retries || this.frontier.closed) return false;
    this.statistics.retries++;
    this.frontier.retry(lease, retryAfter ?? retryDelay * 2 ** (attempts - 1));
    return true;
  }

  /**
   * The host's robots.txt could not be had: all its pages wait. That is no attempt to fetch one.
   *
   * @returns false when the host is given up, or the crawl is being stopped
   */
  private postpone(lease: Lease, { host, retryAfter }: RobotsUnavailable): boolean {
    if (retryAfter === null || this.frontier.closed) return false;
    this.frontier.pause(host, retryAfter);
    lease.entry.attempts--;
    this.frontier.retry(lease, retryAfter);
    return true;
  }

  private skip(lease: Lease, reason: string): void {
    this.statistics.skipped.add(reason);
    this.frontier.skip(lease);
  }

  /** The end of a URL, with a page or with an error. */
  private record(lease: Lease, watch: Stopwatch, page: Page | null, error: unknown): void {
    const { url, depth, referrer, attempts } = lease.entry;
    const ms = Math.round(watch.ms);
    const record = { ...blankRecord(url), depth, referrer, attempts, ms };
    if (page === null) {
      this.write({ ...record, error: errorCode(error), message: errorMessage(error) });
      this.frontier.fail(lease);
    } else {
      const { finalUrl, status, contentType, bytes, title, stopped } = page;
      const links = page.links.length;
      this.write({ ...record, finalUrl, status, contentType, bytes, title, links, stopped });
      this.frontier.done(lease);
    }
  }

  /** Never throws: when records cannot be written any more, the crawl ends and `run` says why. */
  private write(record: PageRecord): void {
    this.statistics.count(record);
    try {
      // A killed greenlet is killed again wherever it blocks: the record of that must get out all
      // the same.
      shield(() => this.output?.write(record));
    } catch (error) {
      this.fatal ??= error;
      this.stop();
    }
  }

  private summary(): Summary {
    const { pending, hosts, peak } = this.frontier.counts;
    const interrupted = this.frontier.closed;
    if (pending > 0)
      this.statistics.skipped.add(interrupted ? "interrupted" : "max-pages", pending);
    const heldBack = this.manners.reasons(performance.now(), MAX_REASONS);
    return this.statistics.summary({ interrupted, hosts, peakInFlight: peak, heldBack });
  }
}

function blankRecord(url: string): PageRecord {
  return {
    url,
    finalUrl: url,
    status: null,
    contentType: null,
    bytes: 0,
    title: null,
    depth: 0,
    referrer: null,
    links: 0,
    ms: 0,
    attempts: 0,
    stopped: null,
    error: null,
    message: null,
  };
}
