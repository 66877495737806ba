import type { Crawler } from "../crawler.js";
import { Recent } from "../recent.js";
import type { Host } from "../schedule.js";
import { type Query, select } from "./query.js";
import type { HostRow, Selection } from "./snapshot.js";
import { hostOf } from "./url-parts.js";

type Observed = Pick<Crawler, "frontier" | "manners">;

/** What became of the pages of one host. */
interface Outcome {
  pages: number;
  errors: number;
}

/** Hosts of which the outcome is kept. */
const REMEMBERED = 20_000;

/** The hosts of a crawl, and why each is not asked faster. */
export class HostView {
  private readonly crawler: Observed;
  private readonly outcomes = new Recent<string, Outcome>(REMEMBERED);

  constructor(crawler: Observed) {
    this.crawler = crawler;
  }

  count(url: string, isError: boolean): void {
    const host = hostOf(url);
    let outcome = this.outcomes.get(host);
    if (outcome === undefined) this.outcomes.set(host, (outcome = { pages: 0, errors: 0 }));
    if (isError) outcome.errors++;
    else outcome.pages++;
  }

  select(query: Query): Selection<HostRow> {
    const now = performance.now();
    const selection = select(this.crawler.frontier.hosts, query, {
      text: ({ key }) => key,
      value: (host, sort) => {
        if (sort === "host") return host.key;
        if (sort === "queued") return queued(host);
        if (sort === "inFlight") return host.inFlight;
        if (sort === "next") return next(host, now);
        if (sort === "pages" || sort === "errors") return this.outcomes.get(host.key)?.[sort] ?? 0;
        return host.delay;
      },
    });
    return { ...selection, rows: selection.rows.map((host) => this.row(host, now)) };
  }

  private row(host: Readonly<Host>, now: number): HostRow {
    const { pages = 0, errors = 0 } = this.outcomes.get(host.key) ?? {};
    return {
      host: host.key,
      queued: queued(host),
      more: host.isSpilled,
      inFlight: host.inFlight,
      limit: host.limit,
      delay: host.delay,
      reason: this.reason(host, now),
      next: next(host, now),
      pages,
      errors,
    };
  }

  /** What holds a host back, the strongest reason first. */
  private reason(host: Readonly<Host>, now: number): string {
    const { manners } = this.crawler;
    const givenUp = manners.givenUp(host.key, now);
    if (givenUp !== null) return givenUp.message;
    if (host.pausedUntil > now) {
      return `left alone for ${seconds(host.pausedUntil - now)}: ${host.pauseReason}`;
    }
    if (!host.isOpen) return "one request until its robots.txt is known";
    if (host.delay > 0) {
      return `${host.delay} ms between requests: ${manners.reason(host.key) ?? "it was asked too often"}`;
    }
    const isFull = host.inFlight >= host.limit && queued(host) > 0;
    return isFull ? `${host.limit} at a time (--per-host)` : "";
  }
}

function queued(host: Readonly<Host>): number {
  return host.fresh.size + host.retries.size;
}

/** Ms until its next turn; null when nothing waits. */
function next(host: Readonly<Host>, now: number): number | null {
  return queued(host) === 0 && !host.isSpilled ? null : Math.max(0, host.readyAt - now);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
