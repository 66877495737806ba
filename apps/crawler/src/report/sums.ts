import type { PageRecord } from "../output.js";
import { mediaType } from "./page-list.js";
import type { Figures } from "./report-data.js";

/** Ten steps for each power of ten, up to 100 s. */
const STEPS = 51;
/** Names that are told apart; what a server calls its types has no end. */
const MAX_NAMES = 50;

/** Sums over the URLs of a crawl, in memory that does not grow with it. */
export class Sums {
  private urls = 0;
  private bytes = 0;
  private readonly statuses = new Map<string, number>();
  private readonly types = new Map<string, { count: number; bytes: number }>();
  private readonly depths: number[] = [];
  private readonly latencies: number[] = Array.from({ length: STEPS }, () => 0);

  add({ status, error, contentType, bytes, depth, ms }: PageRecord): void {
    this.urls++;
    this.bytes += bytes;
    const name = error ?? String(status);
    this.statuses.set(name, (this.statuses.get(name) ?? 0) + 1);
    while (this.depths.length <= Math.min(depth, MAX_NAMES)) this.depths.push(0);
    this.depths[Math.min(depth, MAX_NAMES)]!++;
    if (error !== null) return;
    this.addType(mediaType(contentType) ?? "none", bytes);
    const step = Math.ceil(10 * Math.log10(Math.max(1, ms)));
    this.latencies[Math.min(step, STEPS - 1)]!++;
  }

  get figures(): Figures {
    const { urls, bytes, depths, latencies } = this;
    return {
      urls,
      bytes,
      statuses: [...this.statuses].sort(([, a], [, b]) => b - a),
      types: [...this.types]
        .sort(([, a], [, b]) => b.count - a.count)
        .map(([type, { count, bytes }]) => [type, count, bytes]),
      depths,
      latencies,
    };
  }

  private addType(type: string, bytes: number): void {
    const name = this.types.has(type) || this.types.size < MAX_NAMES ? type : "others";
    const sum = this.types.get(name) ?? { count: 0, bytes: 0 };
    sum.count++;
    sum.bytes += bytes;
    this.types.set(name, sum);
  }
}
