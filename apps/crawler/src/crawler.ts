import { Event, Pool, spawn } from "greenlit";
import { AddressGuard } from "./address-guard.js";
import { Client } from "./client.js";
import {
  CrawlError,
  errorCode,
  errorMessage,
  isPassing,
  isPassingStatus,
  isShortage,
} from "./errors.js";
import { Fetcher, type Page } from "./fetcher.js";
import { Frontier, type Lease } from "./frontier.js";
import { Job } from "./job.js";
import type { Link } from "./links.js";
import { type CrawlOptions, type ResolvedOptions, resolveOptions } from "./options.js";
import type { PageRecord } from "./output.js";
import { CrawledPage, type Effects, type PageHandler } from "./page.js";
import { isAllowed } from "./robots.js";
import { RobotsCache } from "./robots-cache.js";
import { Scope } from "./scope.js";
import { Statistics, type Summary } from "./summary.js";
import { Traps } from "./traps.js";
import { parseUrl } from "./url.js";

/**
 * Crawls from the seeds until nothing is left. To be called in a greenlet; blocks until the crawl
 * is finished.
 *
 * @param handler called with each page, and decides what is followed; without one, every link is
 * @throws what `new Crawler` and `run` throw
 */
export function crawl(options: CrawlOptions, handler?: PageHandler): Summary {
  return new Crawler(options, handler).run();
}

/** Ms between two commits, at least: what happens meanwhile goes into one. */
const COMMIT_INTERVAL = 50;
/** Ms until a page is tried again for which there were too few descriptors, ports or memory. */
const SHORTAGE_DELAY = 200;

/** One crawl. `run` may be called once. */
export class Crawler {
  readonly frontier: Frontier;
  readonly statistics: Statistics;
  /** Says aloud what the user should know; the command prints it. */
  notify: (message: string) => void = () => {};
  private readonly options: ResolvedOptions;
  private readonly handler: PageHandler | null;
  private readonly job: Job;
  private readonly scope: Scope;
  private readonly traps = new Traps();
  private readonly guard: AddressGuard;
  private readonly client: Client;
  private readonly fetcher: Fetcher;
  private readonly robots: RobotsCache;
  /** One greenlet for each page in flight; the frontier limits their number. */
  private readonly visitors = new Pool();
  /** Set when all pages have ended. */
  private readonly ended = new Event();
  /** What the next commit brings, beside the frontier's changes. */
  private records: PageRecord[] = [];
  private items: unknown[] = [];
  private readonly moved: string[] = [];
  private isShort = false;
  private fatal: { error: unknown } | null = null;

  /** @throws OutputError, RangeError, Error when the job's folder cannot be used */
  constructor(options: CrawlOptions, handler: PageHandler | null = null) {
    this.options = resolveOptions(options);
    this.handler = handler;
    this.job = new Job(this.options);
    const { saved } = this.job;
    this.statistics = new Statistics(saved?.statistics);
    this.frontier = new Frontier(this.options, this.job.store, saved?.frontier);
    this.scope = new Scope({ ...this.options, mode: this.options.scope });
    this.guard = new AddressGuard(this.options.allowPrivate);
    this.client = new Client({ ...this.options, guard: this.guard });
    this.fetcher = new Fetcher(this.client, this.options.robots);
    this.robots = new RobotsCache(this.client, this.options);
  }

  /** Whether the job's folder had a crawl that goes on now. */
  get isResumed(): boolean {
    return this.job.saved !== null;
  }

  /**
   * Blocks until the crawl is finished, or stopped.
   * @throws OutputError when the job or the outputs could not be written, what `onError` threw
   */
  run(): Summary {
    const keeper = spawn(() => this.keep());
    try {
      for (const seed of this.seeds()) this.addSeed(seed);
      for (const url of this.job.saved?.moved ?? []) this.moveScope(new URL(url));
      for (const lease of this.frontier) this.visitors.spawn(() => this.visit(lease));
      const grace = this.fatal === null ? this.options.grace : 0;
      if (!this.visitors.join({ timeout: grace })) this.visitors.kill();
    } finally {
      this.robots.close();
      this.client.close();
      this.ended.set();
      this.frontier.dirty.set();
      keeper.join();
      this.job.close();
    }
    if (this.fatal !== null) throw this.fatal.error;
    return this.summary();
  }

  /**
   * Begins no further page. Those in flight get `grace` ms, and go back to the frontier when they
   * have not ended by then. May be called from anywhere.
   */
  stop(): void {
    this.frontier.close();
  }

  /**
   * Fetches one page, hands it to the handler and queues its links. The page's errors end here, and
   * every one of them is recorded.
   */
  private visit(lease: Lease): void {
    const { url } = lease.entry;
    const started = performance.now();
    try {
      if (!this.robotsAllow(new URL(url))) return this.skip(lease, "robots");
      const page = this.fetcher.fetch(url, (target) => this.gate(lease, target));
      if (isPassingStatus(page.status) && this.retry(lease, page.retryAfter)) return;
      const { links, items } = this.handle(page, lease);
      // From here to the end nothing blocks: a commit has all of a page, or nothing.
      for (const link of links) this.follow(link, lease, page);
      this.items.push(...items);
      this.record(lease, started, page, null);
    } catch (error) {
      this.giveUp(lease, started, error);
    }
  }

  /** What the handler wants of a page; without a handler, all its links. */
  private handle(page: Page, lease: Lease): Pick<Page, "links"> & Pick<Effects, "items"> {
    if (this.handler === null || !page.parsed) return { links: page.links, items: [] };
    const effects: Effects = { links: [], items: [] };
    try {
      this.handler(new CrawledPage(page, lease.entry, effects));
    } catch (error) {
      if (errorCode(error) === "interrupted") throw error;
      throw new CrawlError("handler", errorMessage(error), { cause: error });
    }
    return effects;
  }

  /** Queues a link, unless there is a reason not to. */
  private follow({ href, nofollow }: Link, lease: Lease, page: Page): void {
    const { url, reason } = parseUrl(href);
    if (url === null) return this.statistics.skipped.add(reason);
    if (this.frontier.has(url.href)) return;
    const depth = lease.entry.depth + 1;
    const refusal =
      (nofollow ? "nofollow" : null) ?? this.scope.check(url, depth) ?? this.traps.check(url);
    if (refusal !== null) this.statistics.skipped.add(refusal);
    else this.frontier.add(url, depth, page.finalUrl);
  }

  /** A page that was not had: back to the frontier, once more later, or failed for good. */
  private giveUp(lease: Lease, started: number, error: unknown): void {
    if (this.frontier.closed && errorCode(error) === "interrupted") {
      return this.frontier.giveBack(lease, 0);
    }
    if (isShortage(error) && this.frontier.counts.leased > 1) return this.easeOff(lease, error);
    if (isPassing(error) && this.retry(lease, null)) return;
    this.record(lease, started, null, error);
  }

  /** This machine is short of something: it is no fault of the page's, and fewer at once may do. */
  private easeOff(lease: Lease, error: unknown): void {
    this.frontier.giveBack(lease, SHORTAGE_DELAY);
    this.frontier.slowDown();
    if (this.isShort) return;
    this.isShort = true;
    this.notify(
      `This machine cannot hold so many pages in flight: ${errorMessage(error)}. ` +
        "Going on with fewer; no page is lost. " +
        "A higher limit (ulimit -n) or a lower --concurrency avoids this.",
    );
  }

  private seeds(): readonly string[] {
    return [...new Set([...(this.job.saved?.seeds ?? []), ...this.options.seeds])];
  }

  private addSeed(seed: string): void {
    const { url, reason } = parseUrl(seed);
    if (url !== null) {
      this.scope.addSeed(url);
      this.guard.allow(url);
      this.frontier.add(url, 0, null);
    } else if (this.job.saved?.seeds.includes(seed) !== true) {
      const message = "not a URL that can be crawled";
      this.write({ ...blankRecord(seed), error: reason, message });
    }
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
    if (referrer === null) this.moveScope(target);
    const outside = referrer === null ? null : this.scope.check(target, depth);
    if (outside !== null) return outside;
    if (!this.frontier.claim(lease, target)) return "known";
    this.frontier.moveTo(lease, target.host);
    return this.robotsAllow(target) ? null : "robots";
  }

  private moveScope(target: URL): void {
    this.scope.addSeed(target);
    this.moved.push(target.href);
  }

  /** Blocks until the host's robots.txt is there. @throws CrawlError when it cannot be had */
  private robotsAllow(url: URL): boolean {
    const { robots, delay } = this.options;
    const rules = robots ? this.robots.rulesFor(url) : null;
    this.frontier.open(url.host, Math.max(delay, rules?.crawlDelay ?? 0));
    return rules === null || isAllowed(rules, url);
  }

  /** @returns false when there are no attempts left */
  private retry(lease: Lease, retryAfter: number | null): boolean {
    const { retries, retryDelay } = this.options;
    const { attempts } = lease.entry;
    if (retryAfter !== null && lease.host !== null) this.frontier.pause(lease.host.key, retryAfter);
    if (attempts > retries) return false;
    this.statistics.retries++;
    this.frontier.retry(lease, retryAfter ?? retryDelay * 2 ** (attempts - 1));
    return true;
  }

  private skip(lease: Lease, reason: string): void {
    this.statistics.skipped.add(reason);
    this.frontier.skip(lease);
  }

  /** The end of a URL, with a page or with an error. */
  private record(lease: Lease, started: number, page: Page | null, error: unknown): void {
    const { url, depth, referrer, attempts } = lease.entry;
    const ms = Math.round(performance.now() - started);
    const record = { ...blankRecord(url), depth, referrer, attempts, ms };
    if (page === null) {
      this.frontier.fail(lease);
      this.write({ ...record, error: errorCode(error), message: errorMessage(error) }, error);
    } else {
      const { finalUrl, status, contentType, bytes, title, stopped } = page;
      const links = page.links.length;
      this.frontier.done(lease);
      this.write({ ...record, finalUrl, status, contentType, bytes, title, links, stopped });
    }
  }

  private write(record: PageRecord, error: unknown = null): void {
    this.statistics.count(record);
    this.records.push(record);
    if (record.error === null) return;
    try {
      this.options.onError?.(error, record);
    } catch (thrown) {
      this.fail(thrown);
    }
  }

  /** Commits what has happened, again and again, until the crawl has ended. */
  private keep(): void {
    try {
      for (let isLast = false; !isLast;) {
        this.frontier.dirty.wait();
        isLast = this.ended.wait({ timeout: COMMIT_INTERVAL });
        this.commit();
        this.frontier.committed();
      }
    } catch (error) {
      this.fail(error);
    }
  }

  private commit(): void {
    const { records, items } = this;
    [this.records, this.items] = [[], []];
    const saved = {
      seeds: this.seeds(),
      frontier: this.frontier.saved,
      statistics: this.statistics.saved,
      moved: this.moved,
    };
    this.job.commit({ changes: this.frontier.takeChanges(), records, items, saved });
  }

  /** Ends the crawl: `run` throws the first of these errors. */
  private fail(error: unknown): void {
    this.fatal ??= { error };
    this.stop();
  }

  private summary(): Summary {
    const { pending, hosts, peak } = this.frontier.counts;
    const interrupted = this.frontier.closed;
    const summary = this.statistics.summary({ interrupted, hosts, peakInFlight: peak });
    if (pending === 0) return summary;
    const reason = interrupted ? "interrupted" : "max-pages";
    return { ...summary, skipped: { ...summary.skipped, [reason]: pending } };
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
