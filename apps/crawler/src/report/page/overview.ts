import { byId, element } from "../../dashboard/page/dom.js";
import { bytes, duration, number, short } from "../../dashboard/page/format.js";
import type { ReportData } from "../report-data.js";
import { type Bar, barTable, columnChart } from "./charts.js";

/** Latencies of one column each, in ms. */
const RANGES = [10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];
/** Bars of one chart. */
const MAX_BARS = 8;

/** Numbers at the top, and charts of what the crawl found. */
export function showOverview(data: ReportData): void {
  const { figures } = data;
  byId("tiles").append(...tilesOf(data));
  const statuses = figures.statuses.map(([status, count]): Bar => {
    return { label: status, count, tone: toneOf(status) };
  });
  byId("statuses").append(barTable(topOf(statuses), "URLs by status", "No URL ended."));
  byId("latencies").append(columnChart(latencyBars(figures.latencies), "URLs by latency"));
  const depths = figures.depths.map((count, depth): Bar => ({ label: String(depth), count }));
  byId("depths").append(columnChart(depths.slice(0, 16), "URLs by links from the start"));
  const types = figures.types.map(([label, count, size]): Bar => {
    return { label, count, note: bytes(size) };
  });
  byId("types").append(barTable(topOf(types), "URLs by media type", "Nothing was received."));
  const skipped = data.skipped.map(([label, count]): Bar => ({ label, count }));
  byId("skipped").append(
    barTable(topOf(skipped), "Links not followed, by reason", "All links were followed."),
  );
}

/** The colour of a status, or of an error's code. */
export function toneOf(status: string): string {
  if (status.startsWith("2")) return "good";
  return status.startsWith("3") ? "moved" : "bad";
}

/** A latency that so much of all URLs did not exceed, to a quarter. */
export function quantile(latencies: readonly number[], share: number): number {
  const all = latencies.reduce((sum, count) => sum + count, 0);
  let sum = 0;
  for (const [i, count] of latencies.entries()) {
    sum += count;
    if (sum >= share * all) return 10 ** (i / 10);
  }
  return 0;
}

function tilesOf({ figures, counts, durationMs }: ReportData): HTMLElement[] {
  const { urls, statuses, latencies } = figures;
  const good = statuses.reduce((sum, [name, count]) => sum + (name.startsWith("2") ? count : 0), 0);
  const broken = counts["broken-link"] + counts["broken-resource"] + counts["redirect-loop"];
  const moved = counts.redirect + counts["redirect-chain"];
  const rate = urls / Math.max(0.001, durationMs / 1000);
  return [
    tile("URLs", number(urls), `${short(rate)}/s for ${duration(durationMs)}`),
    tile("Answered 2xx", share(good, urls), `${number(good)} URLs`, "good"),
    tile("Broken targets", number(broken), "of links", broken > 0 ? "bad" : "good"),
    tile("Redirected targets", number(moved), "for good, or in chains", moved > 0 ? "moved" : ""),
    tile(
      "Half answered within",
      duration(Math.round(quantile(latencies, 0.5))),
      `90 % within ${duration(Math.round(quantile(latencies, 0.9)))}`,
    ),
    tile("Received", bytes(figures.bytes), `${bytes(figures.bytes / Math.max(1, urls))} each`),
  ];
}

/** All is told only of all. */
function share(part: number, all: number): string {
  if (all === 0) return "–";
  const percent = (100 * part) / all;
  return `${part === all ? "100" : Math.min(99.9, percent).toFixed(1)} %`;
}

function tile(label: string, value: string, note: string, tone = ""): HTMLElement {
  return element(
    "li",
    { class: "card tile" },
    element("span", { class: "muted" }, label),
    element("strong", { class: tone }, value),
    element("span", { class: "muted" }, note),
  );
}

function latencyBars(latencies: readonly number[]): Bar[] {
  const counts = Array.from({ length: RANGES.length + 1 }, () => 0);
  for (const [i, count] of latencies.entries()) {
    const ms = 10 ** (i / 10);
    const range = RANGES.findIndex((limit) => ms <= limit * 1.001);
    counts[range < 0 ? RANGES.length : range]! += count;
  }
  const label = (ms: number): string => (ms < 1_000 ? `${ms} ms` : `${ms / 1_000} s`);
  return counts.map((count, i) => {
    const limit = RANGES[i];
    const name = limit === undefined ? "more" : label(limit);
    return { label: name, count, tone: i < 6 ? "" : i < 8 ? "warning" : "bad" };
  });
}

/** The largest, and all others together. */
function topOf(bars: readonly Bar[]): Bar[] {
  if (bars.length <= MAX_BARS) return [...bars];
  const rest = bars.slice(MAX_BARS - 1);
  const count = rest.reduce((sum, { count }) => sum + count, 0);
  return [...bars.slice(0, MAX_BARS - 1), { label: `${rest.length} others`, count }];
}
