import { sleep } from "greenlit";
import type { FrontierCounts } from "./frontier.js";
import { formatBytes, type Statistics } from "./summary.js";

/** What progress reads; nothing is pushed to it, so a crawl costs the same with and without. */
export interface ProgressSource {
  readonly frontier: { readonly counts: FrontierCounts };
  readonly statistics: Statistics;
}

/** The part of a terminal or a file that progress needs. */
export interface ProgressTarget {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

const LIVE_INTERVAL = 200;
const LOG_INTERVAL = 5_000;
/** The rate shown is that of the last so many ms. */
const RATE_WINDOW = 5_000;

/** One line that is redrawn on a terminal; a line now and then elsewhere. */
export class Progress {
  private readonly source: ProgressSource;
  private readonly target: ProgressTarget;
  private readonly live: boolean;
  private readonly samples: { at: number; pages: number }[];

  constructor(source: ProgressSource, target: ProgressTarget) {
    this.source = source;
    this.target = target;
    this.live = target.isTTY === true;
    this.samples = [{ at: source.statistics.elapsed, pages: source.statistics.pages }];
  }

  /** Draws until the greenlet is killed. */
  run(): void {
    for (;;) {
      sleep(this.live ? LIVE_INTERVAL : LOG_INTERVAL);
      this.draw();
    }
  }

  draw(): void {
    const line = this.line();
    if (!this.live) this.target.write(`${line}\n`);
    else this.target.write(`\r\x1b[2K${line.slice(0, (this.target.columns ?? 80) - 1)}`);
  }

  /** Removes the live line, so that other text can follow. */
  clear(): void {
    if (this.live) this.target.write("\r\x1b[2K");
  }

  line(): string {
    const { statistics } = this.source;
    const { leased, pending, hosts } = this.source.frontier.counts;
    const parts = [
      `${statistics.pages} pages`,
      `${this.rate().toFixed(0)}/s`,
      `${leased} in flight`,
      `${pending} queued`,
      `${statistics.failed} failed`,
      `${hosts} hosts`,
      formatBytes(statistics.bytes),
    ];
    return parts.join(", ");
  }

  private rate(): number {
    const now = { at: this.source.statistics.elapsed, pages: this.source.statistics.pages };
    this.samples.push(now);
    while (this.samples.length > 2 && this.samples[1]!.at <= now.at - RATE_WINDOW) {
      this.samples.shift();
    }
    const first = this.samples[0]!;
    return ((now.pages - first.pages) * 1000) / Math.max(1, now.at - first.at);
  }
}
