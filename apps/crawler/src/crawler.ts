import { Event, Pool, spawn } from "greenlit";
import { AddressGuard } from "./address-guard.js";
import { Circles } from "./circles.js";
import { Client } from "./client.js";
import { startingCookies } from "./cookies-file.js";
import { Credentials } from "./credentials.js";
import {
  CrawlError,
  errorCode,
  errorMessage,
  isPassing,
  isPassingStatus,
  isShortage,
} from "./errors.js";
import { Errands } from "./errands.js";
import {
  Fetcher,
  type Gate,
  MAX_REDIRECTS,
  type Observer,
  type Page,
  tooManyRedirects,
} from "./fetcher.js";
import { enter, Flights } from "./flights.js";
import { Frontier, HandOver, type Lease } from "./frontier.js";
import { Job } from "./job.js";
import type { Link } from "./links.js";
import { type CrawlOptions, type ResolvedOptions, resolveOptions } from "./options.js";
import type { PageRecord, Skipped } from "./output.js";
import { Manners } from "./manners.js";
import { Pace } from "./pace.js";
import { CrawledPage, type Effects, type PageHandler } from "./page.js";
import { Proxies } from "./proxies.js";
import { isAllowed, productToken } from "./robots.js";
import { RobotsCache, RobotsUnavailable } from "./robots-cache.js";
import { Scope } from "./scope.js";
import { Stopwatch } from "./stopwatch.js";
import { type Limit, Statistics, type Summary } from "./summary.js";
import { type LinkingPage, Traps } from "./traps.js";
import { parseUrl, withoutFragment } from "./url.js";

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
/** Hosts in the summary that were held back. */
const MAX_REASONS = 10;

/** What is to become of a page's links. */
interface Judgement {
  readonly from: LinkingPage;
  readonly wanted: URL[];
  /** Those that are not wanted. */
  readonly refusals: Skipped[];
}

/** One crawl. `run` may be called once. */
export class Crawler {
  readonly options: ResolvedOptions;
  readonly frontier: Frontier;
  readonly statistics: Statistics;
  readonly manners: Manners;
  /** The pages in flight. */
  readonly flights: Flights = new Flights();
  /** Says aloud what the user should know; the command prints it. */
  notify: (message: string) => void = () => {};
  private readonly handler: PageHandler | null;
  private readonly job: Job;
  private readonly scope: Scope;
  private readonly errands: Errands;
  private readonly traps: Traps;
  private readonly guard: AddressGuard;
  private readonly credentials: Credentials;
  private readonly client: Client;
  private readonly fetcher: Fetcher;
  private readonly robots: RobotsCache;
  /** One greenlet for each page in flight; the frontier limits their number. */
  private readonly visitors = new Pool();
  /** Set when all pages have ended. */
  private readonly ended = new Event();
  private readonly moved = new Set<string>();
  /** Redirects that were not followed because their target has a turn of its own. */
  private readonly circles = new Circles();
  private isShort = false;
  private stoppedBy: "interrupted" | "max-time" | null = null;
  private fatal: { error: unknown } | null = null;

  /** @throws OutputError, RangeError, Error when the job's folder cannot be used */
  constructor(options: CrawlOptions, handler: PageHandler | null = null) {
    this.options = resolveOptions(options);
    this.handler = handler;
    this.guard = new AddressGuard(this.options.allowPrivate);
    const cookies = startingCookies(this.options);
    this.credentials = new Credentials(this.options, cookies);
    const proxies = new Proxies(this.options.proxy);
    const { credentials, guard } = this;
    this.client = new Client({ ...this.options, guard, cookies, credentials, proxies });
    this.job = new Job(this.options);
    const { saved } = this.job;
    this.statistics = new Statistics(saved?.statistics);
    const budget = {
      ...this.options,
      parts: this.job.parts,
      isSpent: () => this.isSpent(),
    };
    this.frontier = new Frontier(budget, this.job.store, saved?.frontier);
    this.frontier.onStall = () => this.circles.release();
    this.frontier.onTaken = (hosts) => this.meet(hosts);
    this.scope = new Scope({ ...this.options, mode: this.options.scope });
    this.errands = new Errands(this.options, this.scope);
    this.traps = new Traps(this.options.traps);
    const token = productToken(this.options.userAgent);
    this.manners = new Manners(this.options);
    const obeysNofollow = this.options.robots;
    const inventory = this.options.requisites !== "none" || this.job.outputs.has("links");
    const observer = this.observer();
    this.fetcher = new Fetcher(this.client, { obeysNofollow, token, inventory, observer });
    this.robots = new RobotsCache(this.client, this.options);
  }

  /** Whether the job's folder had a crawl that goes on now. */
  get isResumed(): boolean {
    return this.job.isResumed;
  }

  /**
   * Blocks until the crawl is finished, or stopped.
   * @throws OutputError when the job or the outputs could not be written, what `onError` threw
   */
  run(): Summary {
    const keeper = spawn(() => this.keep());
    const { maxTime } = this.options;
    if (maxTime < Infinity)
      spawn(() => this.ended.wait({ timeout: maxTime }) || this.stop("max-time"));
    try {
      this.seed();
      for (const lease of this.frontier) this.visitors.spawn(() => this.begin(lease));
      const grace = this.fatal === null ? this.options.grace : 0;
      if (!this.visitors.join({ timeout: grace })) this.visitors.kill();
    } finally {
      this.robots.close();
      this.client.close();
      this.ended.set();
      this.frontier.dirty.set();
      keeper.join();
      this.job.close(this.fatal === null ? this.leftFor() : null);
    }
    if (this.fatal !== null) throw this.fatal.error;
    return this.summary();
  }

  /**
   * Begins no further page. Those in flight get `grace` ms, and go back to the frontier when they
   * have not ended by then. May be called from anywhere.
   */
  stop(by: "interrupted" | "max-time" = "interrupted"): void {
    this.stoppedBy ??= by;
    this.frontier.close();
  }

  /** Begins no further page until `resume`. Those in flight end. May be called from anywhere. */
  pause(): void {
    this.frontier.paused = true;
  }

  resume(): void {
    this.frontier.paused = false;
  }

  private begin(lease: Lease): void {
    this.flights.during(lease.entry, () => this.visit(lease));
  }

  /**
   * What was written to an output, as far as it is committed.
   * @throws OutputError when it has no file
   */
  journal<T>(name: string): Iterable<T> {
    return this.job.outputs.journal<T>(name);
  }

  /**
   * Fetches one page, hands it to the handler and queues its links. The page's errors end here, and
   * every one of them is recorded.
   */
  private visit(lease: Lease): void {
    const { via, url: found } = lease.entry;
    const url = via?.at(-1)?.to ?? found;
    const watch = new Stopwatch();
    try {
      if (!this.robotsAllow(new URL(url))) return this.skip(lease, "robots");
      const wanted = this.errands.includes(lease.entry) ? (): "nothing" => "nothing" : undefined;
      const gate: Gate = (target, status) => this.gate(lease, target, status);
      const page = this.fetcher.fetch(url, gate, watch, wanted);
      if (isPassingStatus(page.status) && this.retry(lease, page.retryAfter)) return;
      const { links, items } = this.handle(page, lease);
      const found = this.judge([...links, ...this.errands.linksOf(page)], lease, page);
      // From here to the end nothing blocks: a commit has all of a page, or nothing.
      this.follow(found, page);
      for (const item of items) this.job.outputs.write("items", item);
      this.record(lease, watch, page, null);
    } catch (error) {
      this.giveUp(lease, watch, error);
    }
  }

  /** What the handler wants of a page; without a handler, all its links. */
  private handle(page: Page, lease: Lease): Pick<Page, "links"> & Pick<Effects, "items"> {
    if (this.handler === null || !page.parsed) return { links: page.links, items: [] };
    const effects: Effects = { links: [], items: [] };
    enter("handling");
    try {
      this.handler(new CrawledPage(page, lease.entry, effects));
    } catch (error) {
      if (errorCode(error) === "interrupted") throw error;
      throw new CrawlError("handler", errorMessage(error), { cause: error });
    }
    return effects;
  }

  /** Which links to queue, and why not the others. Gives others their turn. */
  private judge(links: readonly Link[], lease: Lease, page: Page): Judgement {
    const pace = new Pace();
    const { finalUrl, fingerprint } = page;
    const from = this.traps.page(new URL(finalUrl), lease.entry.depth, fingerprint);
    const judgement: Judgement = { from, wanted: [], refusals: [] };
    for (const link of links) {
      pace.step();
      const plain = withoutFragment(link.href);
      const isKnown = this.frontier.has(plain);
      if (isKnown && !from.isWatched) continue; // as most are; they need not be parsed
      const { url, reason } = parseUrl(plain);
      if (url !== null && (isKnown || (url.href !== plain && this.frontier.has(url.href)))) {
        if (from.isWatched) this.traps.meet(url, from);
        continue;
      }
      const refusal = url === null ? reason : this.refusalOfLink(url, link, from);
      if (refusal === null) judgement.wanted.push(url!);
      else judgement.refusals.push({ url: link.href, reason: refusal, referrer: finalUrl });
    }
    return judgement;
  }

  private follow({ from, wanted, refusals }: Judgement, { finalUrl, droppedLinks }: Page): void {
    const found = wanted.filter((url) => this.frontier.add(url, from.depth + 1, finalUrl));
    this.traps.learn(from, found);
    for (const refusal of refusals) this.refuse(refusal);
    const dropped = { url: finalUrl, reason: "too-many-links", referrer: finalUrl };
    if (droppedLinks > 0) this.refuse({ ...dropped, count: droppedLinks });
  }

  private refusalOfLink(url: URL, link: Link, from: LinkingPage): string | null {
    const { nofollow, requisite = false } = link;
    if (this.traps.isTooLong(url)) return "url-too-long";
    const outside = this.scope.check(url, from.depth + 1);
    if (outside !== null && this.errands.accepts(outside, requisite)) return null;
    if (nofollow) return "nofollow";
    return outside ?? (requisite ? null : this.traps.check(url, from));
  }

  /** A page that was not had: back to the frontier, once more later, or failed for good. */
  private giveUp(lease: Lease, watch: Stopwatch, error: unknown): void {
    if (this.frontier.closed && errorCode(error) === "interrupted") {
      return this.frontier.giveBack(lease, 0);
    }
    if (error instanceof HandOver) return this.frontier.handOver(lease, error.target);
    if (isShortage(error) && this.frontier.counts.leased > 1) return this.easeOff(lease, error);
    if (error instanceof RobotsUnavailable && this.postpone(lease, error)) return;
    if (isPassing(error) && this.retry(lease, null)) return;
    this.record(lease, watch, null, error);
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

  /** Seeds of earlier runs and of other workers count as well, and where those have moved. */
  private seed(): void {
    const { seeds, moved } = this.job.known();
    for (const seed of seeds) this.addSeed(seed);
    for (const url of moved) this.moveScope(new URL(url));
  }

  /** A host that is out of scope is in that of a worker that knows more seeds. */
  private meet(hosts: ReadonlySet<string>): void {
    if (![...hosts].every((host) => this.scope.covers(host))) this.seed();
  }

  private addSeed(seed: string): void {
    const { url, reason } = parseUrl(seed);
    if (url !== null) {
      this.scope.addSeed(url);
      this.guard.allow(url);
      this.credentials.allow(url);
      this.frontier.add(url, 0, null);
    } else if (this.job.newSeeds.includes(seed)) {
      const message = "not a URL that can be crawled";
      this.write({ ...blankRecord(seed), error: reason, message });
    }
  }

  /** Asks everybody who has a say in a redirect, then waits for a place at the other host. */
  private gate(lease: Lease, target: URL, status: number): string | null {
    (lease.redirects ??= []).push({ status, to: target.href });
    if (lease.redirects.length > MAX_REDIRECTS) throw tooManyRedirects(); // by several workers
    const reason = this.refusalOf(lease, target);
    if (reason !== null) this.refuse({ url: target.href, reason, referrer: lease.entry.url });
    return reason;
  }

  private refusalOf(lease: Lease, target: URL): string | null {
    const { depth, referrer } = lease.entry;
    // A seed may redirect to where the site really lives, www.example.org say: that is then in
    // scope.
    if (referrer === null) this.moveScope(target);
    const outside = referrer === null ? null : this.errands.redirect(lease.entry, target);
    if (outside === "apart") this.frontier.add(target, depth, referrer);
    else if (outside !== null) return outside;
    // A page may send its visitors to itself once more, with a cookie.
    const isItself = target.href === lease.entry.url;
    if (!isItself && !this.frontier.claim(lease, target)) return this.known(lease, target);
    enter("waiting");
    this.frontier.moveTo(lease, target);
    return this.robotsAllow(target) ? null : "robots";
  }

  private moveScope(target: URL): void {
    this.scope.addSeed(target);
    this.moved.add(target.href);
  }

  /**
   * A redirect to a page that has its own turn. Holds no place while it waits for what becomes of
   * that. @throws CrawlError `redirect-loop`
   */
  private known(lease: Lease, { href }: URL): "known" {
    const passed = passedBy(lease);
    const isCircle = this.frontier.rest(lease, () => this.circles.leadsToCircle(passed, href));
    if (isCircle) throw new CrawlError("redirect-loop", `redirects in a circle: ${href}`);
    return "known";
  }

  /**
   * Blocks until the host's robots.txt is there.
   * @throws CrawlError when it cannot be had, or the host is given up
   */
  private robotsAllow(url: URL): boolean {
    const givenUp = this.manners.givenUp(url.host, performance.now());
    if (givenUp !== null) throw new CrawlError(givenUp.code, givenUp.message);
    enter("robots");
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
        if (!isPassing(error) || isShortage(error)) return;
        const pause = this.manners.failed(host, errorCode(error), began, performance.now());
        if (pause > 0)
          this.frontier.pause(host, pause, `its requests failed (${errorCode(error)})`);
      },
    };
  }

  /** @returns false when there are no attempts left */
  private retry(lease: Lease, retryAfter: number | null): boolean {
    const { retries, retryDelay } = this.options;
    const { attempts } = lease.entry;
    if (retryAfter !== null && lease.host !== null)
      this.frontier.pause(lease.host.key, retryAfter, "it said Retry-After");
    if (attempts > retries) return false;
    this.statistics.retries++;
    this.frontier.retry(lease, retryAfter ?? retryDelay * 2 ** (attempts - 1));
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

  private skip(lease: Lease, reason: string): void {
    const { url, referrer } = lease.entry;
    this.refuse({ url, reason, referrer });
    this.circles.end(passedBy(lease));
    this.frontier.skip(lease);
  }

  private refuse(skipped: Skipped): void {
    this.statistics.skipped.add(skipped.reason, skipped.count);
    this.job.outputs.write("skipped", skipped);
  }

  /** The end of a URL, with a page or with an error. */
  private record(lease: Lease, watch: Stopwatch, page: Page | null, error: unknown): void {
    const { url, depth, referrer, attempts } = lease.entry;
    const ms = Math.round(watch.ms);
    const { redirects = [] } = lease;
    const record = { ...blankRecord(url), depth, referrer, attempts, ms, redirects };
    this.circles.end(passedBy(lease));
    if (page === null) {
      this.frontier.fail(lease);
      this.write({ ...record, error: errorCode(error), message: errorMessage(error) }, error);
    } else {
      const { finalUrl, status, contentType, bytes, title, stopped } = page;
      const links = page.links.length;
      this.frontier.done(lease);
      this.write({ ...record, finalUrl, status, contentType, bytes, title, links, stopped });
      if (page.inventory !== null)
        this.job.outputs.write("links", { page: finalUrl, ...page.inventory });
    }
  }

  private write(record: PageRecord, error: unknown = null): void {
    this.statistics.count(record);
    this.job.outputs.write("pages", record);
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
        this.frontier.dirty.wait({ timeout: this.frontier.patience });
        isLast = this.ended.wait({ timeout: COMMIT_INTERVAL });
        if (isLast || this.frontier.hasChanges) this.commit();
        this.frontier.committed();
      }
    } catch (error) {
      this.fail(error);
    }
  }

  private commit(): void {
    const saved = {
      frontier: this.frontier.saved,
      statistics: this.statistics.saved,
    };
    const written = this.job.outputs.take();
    const changes = this.frontier.takeChanges();
    this.job.commit({ changes, written, saved, moved: this.moved });
  }

  /** Ends the crawl: `run` throws the first of these errors. */
  private fail(error: unknown): void {
    this.fatal ??= { error };
    this.stop();
  }

  private summary(): Summary {
    const { pending, hosts, peak } = this.frontier.counts;
    const leftFor = this.leftFor();
    const summary = this.statistics.summary({
      interrupted: leftFor === "interrupted",
      limit: pending === 0 || leftFor === "interrupted" ? null : leftFor,
      hosts,
      peakInFlight: peak,
      heldBack: this.manners.reasons(performance.now(), MAX_REASONS),
    });
    if (pending === 0) return summary;
    return { ...summary, skipped: { ...summary.skipped, [leftFor]: pending } };
  }

  /** Why URLs are left when the crawl ends. */
  private leftFor(): Limit | "interrupted" {
    return this.stoppedBy ?? (this.isSpent() ? "max-bytes" : "max-pages");
  }

  private isSpent(): boolean {
    return this.statistics.bytes >= this.options.maxBytes;
  }
}

/** The URL of a lease, and those that it was redirected to. */
function passedBy({ entry }: Lease): string[] {
  return [entry.url, ...(entry.hops ?? [])];
}

function blankRecord(url: string): PageRecord {
  return {
    url,
    finalUrl: url,
    redirects: [],
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
