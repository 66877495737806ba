import type { Crawler } from "../crawler.js";
import { PHASES } from "../phases.js";
import type { PageRecord, Skipped } from "../output.js";
import type { Watcher } from "../watcher.js";
import { FailureLog } from "./failure-log.js";
import { GreenletView } from "./greenlet-view.js";
import { HostView } from "./host-view.js";
import type { Query } from "./query.js";
import { RollingHistogram } from "./rolling-histogram.js";
import { SiteGraph } from "./site-graph.js";
import { SkipLog } from "./skip-log.js";
import type { Counts, GreenletStack, Latency, Panels, Sample, State, Tick } from "./snapshot.js";
import { hostOf, sectionOf } from "./url-parts.js";

/** The part of a crawl that is looked at. */
export type Observed = Pick<
  Crawler,
  | "options"
  | "frontier"
  | "statistics"
  | "manners"
  | "flights"
  | "ledger"
  | "pause"
  | "resume"
  | "stop"
>;

/** Samples that are kept: five minutes, at one a second. */
const KEPT = 300;
/** Of which each tick has so many: a reader may miss some. */
const TOLD = 10;
/** Ms at which the bars of the latency begin. */
const BARS = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000];

/**
 * What is known of a crawl at each moment. It is told of every page that ends, and looks at
 * everything else when it is asked. Memory is bounded, however long the crawl and large the site.
 */
export class Monitor implements Watcher {
  private readonly crawler: Observed;
  private readonly latency = new RollingHistogram();
  private readonly greenletView: GreenletView;
  private readonly hostView: HostView;
  private readonly failures = new FailureLog();
  private readonly skips: SkipLog;
  private readonly hostGraph = new SiteGraph(hostOf);
  private readonly sectionGraph = new SiteGraph(sectionOf);
  private readonly kept: Sample[] = [];
  private newest = 0;
  private before: { at: number; pages: number; bytes: number };
  private hasEnded = false;

  constructor(crawler: Observed) {
    this.crawler = crawler;
    this.greenletView = new GreenletView(crawler.flights);
    this.hostView = new HostView(crawler);
    this.skips = new SkipLog(crawler.statistics.skipped);
    this.before = this.progress();
  }

  /** A URL has ended. */
  ended(record: PageRecord): void {
    const { finalUrl, referrer, status, error, ms } = record;
    const isError = error !== null || (status ?? 0) >= 400;
    if (status !== null) this.latency.record(ms, performance.now());
    this.hostView.count(finalUrl, isError);
    this.hostGraph.add(finalUrl, referrer, isError);
    this.sectionGraph.add(finalUrl, referrer, isError);
    if (isError) this.failures.add(record, this.crawler.statistics.elapsed);
  }

  /** A link is not followed. */
  skipped(skipped: Skipped): void {
    this.skips.add(skipped);
  }

  /** The crawl has ended: it will not go on. */
  end(): void {
    this.hasEnded = true;
  }

  /** Takes the next sample: the work since the one before. */
  sample(): void {
    const { before } = this;
    const now = (this.before = this.progress());
    const seconds = Math.max(0.001, (now.at - before.at) / 1000);
    this.kept.push({
      pagesPerSecond: round((now.pages - before.pages) / seconds),
      bytesPerSecond: Math.round((now.bytes - before.bytes) / seconds),
    });
    if (this.kept.length > KEPT) this.kept.shift();
    this.newest++;
  }

  /** How many were taken. */
  get sampleCount(): number {
    return this.newest;
  }

  /** The newest of them. */
  get samples(): readonly Sample[] {
    return this.kept;
  }

  get tick(): Tick {
    const { frontier, statistics } = this.crawler;
    const { statuses, errors } = statistics.saved;
    return {
      sample: this.newest,
      samples: this.kept.slice(-TOLD),
      state: this.state,
      elapsed: Math.round(statistics.elapsed),
      concurrency: frontier.concurrency,
      perHost: frontier.perHost,
      counts: this.counts(),
      latency: this.latencies(),
      phases: this.phases(),
      statuses,
      errors,
    };
  }

  /** What is asked for by its name, as `query` asks for it. */
  panel<Name extends keyof Panels>(name: Name, query: Query): Panels[Name] {
    const panels: { [Name in keyof Panels]: () => Panels[Name] } = {
      greenlets: () => this.greenletView.select(query),
      hosts: () => this.hostView.select(query),
      failures: () => this.failures.select(query),
      skips: () => this.skips.selection,
      graph: () => ({ hosts: this.hostGraph.graph, sections: this.sectionGraph.graph }),
    };
    return panels[name]();
  }

  /** The whole stack of one greenlet; null when it is not known. */
  stack(id: number, url: string): GreenletStack | null {
    return this.greenletView.stack(id, url);
  }

  private get state(): State {
    const { frontier } = this.crawler;
    if (this.hasEnded) return frontier.closed ? "stopped" : "finished";
    if (frontier.closed) return "stopping";
    return frontier.paused ? "paused" : "running";
  }

  private counts(): Counts {
    const { frontier, statistics } = this.crawler;
    const { whereabouts } = frontier;
    const { pending, leased, peak, hosts, done, failed: lost, skipped: left } = frontier.counts;
    const { pages, failed, retries, bytes, skipped } = statistics;
    return {
      pages,
      failed,
      retries,
      skipped: skipped.total,
      bytes,
      inFlight: leased,
      peakInFlight: peak,
      queued: pending,
      ...whereabouts,
      known: done + lost + left + pending + leased,
      hosts,
    };
  }

  private latencies(): Latency {
    const { whole } = this.latency;
    const lastMinute = this.latency.lastMinute(performance.now());
    return {
      lastMinute: lastMinute.percentiles,
      whole: whole.percentiles,
      bars: BARS,
      lastMinuteShares: lastMinute.shares(BARS).map(round),
      wholeShares: whole.shares(BARS).map(round),
    };
  }

  private phases(): Tick["phases"] {
    const { flights, frontier } = this.crawler;
    const none = Object.fromEntries(PHASES.map((phase) => [phase, 0]));
    const phases = { ...(none as Tick["phases"]), committing: frontier.committing };
    for (const { phase } of flights) phases[phase]++;
    return phases;
  }

  private progress(): Monitor["before"] {
    const { statistics } = this.crawler;
    const { pages, failed, bytes } = statistics;
    return { at: performance.now(), pages: pages + failed, bytes };
  }
}

/** To three digits after the point. */
function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
