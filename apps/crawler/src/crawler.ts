import { Event, Pool, spawn } from "greenlit";
import { AddressGuard } from "./address-guard.js";
import { Admission } from "./admission.js";
import { Recorder } from "./archive/recorder.js";
import { Client } from "./client.js";
import { startingCookies } from "./cookies-file.js";
import { Credentials } from "./credentials.js";
import { Errands } from "./errands.js";
import { CrawlError, errorCode, errorMessage, isPassingStatus } from "./errors.js";
import { Experience } from "./experience.js";
import { Fetcher, type Gate, type Page } from "./fetcher.js";
import { enter, Flights } from "./flights.js";
import { Frontier, type Lease, startOf } from "./frontier.js";
import { Job } from "./job.js";
import { Ledger } from "./ledger.js";
import { Manners } from "./manners.js";
import { type CrawlOptions, type ResolvedOptions, resolveOptions } from "./options.js";
import type { Output, PageRecord } from "./output.js";
import { Outlinks } from "./outlinks.js";
import { checkHandler, CrawledPage, type Effects, type PageHandler } from "./page.js";
import { Proxies } from "./proxies.js";
import { Redirects } from "./redirects.js";
import { productToken } from "./robots.js";
import { RobotsCache } from "./robots-cache.js";
import { RobotsSitemaps } from "./robots-sitemaps.js";
import { Scope } from "./scope.js";
import { SecondChances } from "./second-chances.js";
import { checkLists, type Seed, Seeds, SITEMAP_DEPTH } from "./seeds.js";
import { Stopwatch } from "./stopwatch.js";
import { type Limit, Statistics, type Summary } from "./summary.js";
import { Traps } from "./traps.js";
import { parseUrl } from "./url.js";

/**
 * Crawls from the seeds until nothing is left. To be called in a greenlet; blocks until the crawl
 * is finished.
 *
 * @param then called with each page, and decides what is followed; without it, every link is. Or
 *   something with `write`, which gets the records, as `options.output` does
 * @throws what `new Crawler` and `run` throw
 */
export function crawl(options: CrawlOptions, then?: PageHandler | Output<PageRecord>): Summary {
  const isOutput = typeof then === "object" && "write" in then;
  if (isOutput) return new Crawler({ ...options, output: then }).run();
  return new Crawler(options, then).run();
}

/** Ms between two commits, at least: what happens meanwhile goes into one. */
const COMMIT_INTERVAL = 50;
/** Hosts in the summary that were held back. */
const MAX_REASONS = 10;

/** One crawl. `run` may be called once. */
export class Crawler {
  readonly options: ResolvedOptions;
  readonly frontier: Frontier;
  readonly statistics: Statistics;
  readonly manners: Manners;
  readonly ledger: Ledger;
  /** The pages in flight. */
  readonly flights: Flights = new Flights();
  /** Says aloud what the user should know; the command prints it. */
  notify: (message: string) => void = () => {};
  private readonly handler: PageHandler | null;
  private readonly job: Job;
  private readonly seeds: Seeds;
  private readonly scope: Scope;
  private readonly errands: Errands;
  private readonly guard: AddressGuard;
  private readonly credentials: Credentials;
  private readonly client: Client;
  private readonly recorder: Recorder;
  private readonly robots: RobotsCache;
  private readonly admission: Admission;
  private readonly redirects: Redirects;
  private readonly fetcher: Fetcher;
  private readonly outlinks: Outlinks;
  private readonly experience: Experience;
  private readonly secondChances: SecondChances;
  /** One greenlet for each page in flight; the frontier limits their number. */
  private readonly visitors = new Pool();
  /** Set when all pages have ended. */
  private readonly ended = new Event();
  private stoppedBy: "interrupted" | "max-time" | null = null;
  private fatal: { error: unknown } | null = null;

  /** @throws OutputError, RangeError, TypeError, Error when the job's folder cannot be used */
  constructor(options: CrawlOptions, handler: PageHandler | null = null) {
    this.options = resolveOptions(options);
    this.handler = checkHandler(handler);
    this.guard = new AddressGuard(this.options.allowPrivate);
    const cookies = startingCookies(this.options);
    this.credentials = new Credentials(this.options, cookies);
    const proxies = new Proxies(this.options.proxy);
    const { credentials, guard } = this;
    this.client = new Client({ ...this.options, guard, cookies, credentials, proxies });
    checkLists(this.options.seedFiles);
    this.job = new Job(this.options);
    const { saved } = this.job;
    const notify = (message: string): void => this.notify(message);
    this.seeds = new Seeds(this.options, this.job.known().seeds, notify);
    this.statistics = new Statistics(saved?.statistics);
    const { parts } = this.job;
    const budget = { ...this.options, parts, isSpent: () => this.isSpent() };
    this.frontier = new Frontier(budget, this.job.store, saved?.frontier);
    const { frontier, statistics } = this;
    this.ledger = new Ledger(statistics, this.job.outputs, this.options.onError);
    this.scope = new Scope({ ...this.options, mode: this.options.scope });
    this.errands = new Errands(this.options, this.scope);
    this.manners = new Manners(this.options);
    this.recorder = new Recorder(this.job.outputs, this.frontier.dirty);
    this.robots = new RobotsCache(this.recorder.around(this.client), this.options);
    const obeys = this.options.robots;
    const { errands, ledger, manners, scope } = this;
    const named = new RobotsSitemaps({ frontier, scope, ledger });
    const sitemaps = this.options.robotsSitemaps ? named : null;
    this.admission = new Admission(frontier, manners, obeys ? this.robots : null, sitemaps);
    const { admission } = this;
    this.redirects = new Redirects({ frontier, scope, errands, admission });
    // A host that is out of scope is in that of a worker that knows more seeds.
    frontier.onTaken = (hosts) => {
      if (!hosts.every((host) => scope.covers(host))) this.learn();
    };
    this.fetcher = new Fetcher(this.client, {
      obeysNofollow: obeys,
      token: productToken(this.options.userAgent),
      inventory: this.options.requisites !== "none" || this.job.outputs.has("links"),
      observer: admission.observer,
    });
    const traps = new Traps(this.options.traps);
    this.outlinks = new Outlinks({ frontier, scope, errands, traps });
    const learners = { traps, manners, pauses: frontier.pauses, ...(cookies && { cookies }) };
    this.experience = new Experience(learners);
    this.experience.restore(this.job.store.states());
    this.secondChances = new SecondChances(this.options, frontier, statistics, notify);
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
      for (const seed of this.seeds) if (!this.addSeed(seed)) break;
      this.learn();
      for (const lease of this.frontier) this.visitors.spawn(() => this.begin(lease));
      const grace = this.fatal === null ? this.options.grace : 0;
      if (!this.visitors.join({ timeout: grace })) this.visitors.kill();
    } finally {
      this.robots.close();
      this.client.close();
      this.recorder.close();
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
    const visit = (): void => this.visit(lease);
    this.flights.during(lease.entry, () => this.recorder.during(lease.entry, visit));
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
    const url = startOf(lease.entry);
    const watch = new Stopwatch();
    try {
      if (!this.admission.allows(new URL(url))) return this.skip(lease, "robots");
      const reading = this.errands.reading(lease.entry);
      const gate: Gate = (target, status) => this.gate(lease, target, status);
      const page = this.fetcher.fetch(url, gate, watch, reading);
      const { status, retryAfter } = page;
      if (isPassingStatus(status) && this.secondChances.retry(lease, retryAfter)) return;
      const { links, items } = this.handle(page, lease);
      const all = [...links, ...this.errands.linksOf(page)];
      const judgement = this.outlinks.judge(all, lease, page);
      // From here to the end nothing blocks: a commit has all of a page, or nothing.
      for (const it of this.outlinks.follow(judgement, page)) this.ledger.refuse(it);
      this.ledger.items(items);
      this.redirects.end(lease);
      this.frontier.done(lease);
      this.ledger.page(lease, watch.ms, page);
    } catch (error) {
      if (this.secondChances.give(lease, error)) return;
      this.redirects.end(lease);
      this.frontier.fail(lease);
      this.tell(() => this.ledger.failure(lease, watch.ms, error));
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

  /** Other workers may know more seeds, and where those have moved. */
  private learn(): void {
    const { seeds, moved } = this.job.known();
    for (const seed of [...seeds.named, ...seeds.sitemaps]) {
      const { url } = parseUrl(seed);
      if (url !== null) this.allow(url);
    }
    for (const url of moved) this.redirects.moveScope(new URL(url));
  }

  private allow(seed: URL): void {
    for (const it of [this.guard, this.credentials]) it.allow(seed);
    this.scope.addSeed(seed);
  }

  /** Blocks while there are more than can be queued at once. @returns false when that is over */
  private addSeed({ text, isSitemap }: Seed): boolean {
    const { url, reason } = parseUrl(text);
    if (url !== null) {
      this.allow(url);
      this.frontier.add(url, isSitemap ? SITEMAP_DEPTH : 0, null);
    } else if (this.frontier.know(text)) {
      this.tell(() => this.ledger.badSeed(text, reason));
    }
    this.frontier.settle();
    return !this.frontier.closed;
  }

  private gate(lease: Lease, target: URL, status: number): string | null {
    const reason = this.redirects.gate(lease, target, status);
    const { url } = lease.entry;
    if (reason !== null) this.ledger.refuse({ url: target.href, reason, referrer: url });
    return reason;
  }

  private skip(lease: Lease, reason: string): void {
    const { url, referrer } = lease.entry;
    this.ledger.refuse({ url, reason, referrer });
    this.redirects.end(lease);
    this.frontier.skip(lease);
  }

  /** Ends the crawl with what a hook throws. */
  private tell(tell: () => void): void {
    try {
      tell();
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
        if (isLast || this.frontier.hasChanges) this.commit(isLast);
        this.frontier.committed();
      }
    } catch (error) {
      this.fail(error);
    }
  }

  private commit(isLast: boolean): void {
    const saved = { frontier: this.frontier.saved, statistics: this.statistics.saved };
    const known = { seeds: this.seeds.saved, moved: [...this.redirects.moved] };
    const written = this.job.outputs.take();
    const more = this.experience.changes(isLast);
    this.job.commit({ changes: this.frontier.takeChanges(), written, saved, known, more });
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
