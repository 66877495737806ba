import type { Latency, Sample, Tick } from "../snapshot.js";
import { AreaChart } from "./area-chart.js";
import { byId, setText } from "./dom.js";
import { bytes, clock, duration, number, percent, short } from "./format.js";
import { HistogramChart } from "./histogram-chart.js";
import { type Share, Shares } from "./shares.js";

/** Samples in the charts. */
const SHOWN = 300;
/** Kinds of answers that there is room for. */
const ANSWERS = 8;

const PHASE_LABELS: Record<keyof Tick["phases"], string> = {
  robots: "waiting for robots.txt",
  waiting: "waiting for the host",
  connecting: "connecting",
  headers: "waiting for the answer",
  body: "receiving",
  parsing: "parsing",
  handling: "in the handler",
  committing: "committing",
};

const STATES: Record<Tick["state"], string> = {
  running: "Crawling",
  paused: "Paused",
  stopping: "Stopping",
  finished: "Finished",
  stopped: "Stopped",
};

/** Everything above the tables. */
export class Overview {
  private readonly rate: AreaChart;
  private readonly traffic: AreaChart;
  private readonly histogram = new HistogramChart(byId("histogram"));
  private readonly phases = new Shares(byId("phases"));
  private readonly frontier = new Shares(byId("frontier"));
  private readonly answers = new Shares(byId("answers"));

  constructor() {
    const perSecond = (value: number): string => `${short(value)} /s`;
    const bytesPerSecond = (value: number): string => `${bytes(value)}/s`;
    this.rate = new AreaChart(byId("rate-chart"), byId("rate-now"), perSecond);
    this.traffic = new AreaChart(byId("traffic-chart"), byId("traffic-now"), bytesPerSecond);
  }

  draw(tick: Tick, samples: readonly Sample[], interval: number): void {
    const shown = samples.slice(-SHOWN);
    this.drawState(tick);
    this.drawTiles(tick, samples.at(-1)?.pagesPerSecond ?? 0);
    this.rate.draw(
      shown.map(({ pagesPerSecond }) => pagesPerSecond),
      interval,
    );
    this.traffic.draw(
      shown.map(({ bytesPerSecond }) => bytesPerSecond),
      interval,
    );
    this.histogram.draw(tick.latency);
    drawPercentiles(tick.latency);
    this.phases.draw(
      Object.entries(tick.phases).map(([name, count]) => ({
        name,
        label: PHASE_LABELS[name as keyof Tick["phases"]],
        count,
      })),
    );
    this.frontier.draw(whereabouts(tick));
    this.answers.draw(answersOf(tick), ANSWERS);
  }

  private drawState({ state, elapsed }: Tick): void {
    byId("state").dataset["state"] = state;
    setText(byId("state-word"), STATES[state]);
    setText(byId("elapsed"), clock(elapsed));
  }

  private drawTiles({ counts, concurrency, elapsed }: Tick, rate: number): void {
    const { pages, failed, queued, inFlight, hosts, retries, skipped } = counts;
    const seconds = Math.max(1, elapsed / 1000);
    const tiles: Record<string, [string, string]> = {
      pages: [number(pages), `${short(rate)} /s, mean ${short(pages / seconds)} /s`],
      "in-flight": [
        number(inFlight),
        `of ${number(concurrency)}, at most ${number(counts.peakInFlight)}`,
      ],
      queued: [number(queued), timeLeft(queued, rate)],
      failed: [
        number(failed),
        `${percent(failed, pages + failed) || "0 %"}, ${number(retries)} retries`,
      ],
      hosts: [number(hosts), `${short(skipped)} links skipped`],
      bytes: [
        bytes(counts.bytes),
        pages === 0 ? "\u00A0" : `${bytes(counts.bytes / pages)} a page`,
      ],
    };
    for (const [id, [value, more]] of Object.entries(tiles)) {
      setText(byId(id), value);
      setText(byId(`${id}-more`), more);
    }
  }
}

function timeLeft(queued: number, rate: number): string {
  if (queued === 0 || rate === 0) return "\u00A0";
  return `${clock((1000 * queued) / rate)} at this rate`;
}

function drawPercentiles({ lastMinute, whole }: Latency): void {
  for (const [name, percentiles] of Object.entries({ now: lastMinute, whole })) {
    for (const p of ["p50", "p90", "p99"] as const) {
      const text = percentiles.count === 0 ? "–" : duration(percentiles[p]);
      setText(byId(`${p}-${name}`), text);
    }
  }
}

function whereabouts({ counts }: Tick): Share[] {
  const { queued, retrying, spilled, known, inFlight } = counts;
  const ended = Math.max(0, known - queued - inFlight);
  return [
    { name: "good", label: `ended, of ${number(known)} known`, count: ended },
    { name: "connecting", label: "in flight", count: inFlight },
    { name: "headers", label: "queued, in memory", count: queued - spilled - retrying },
    { name: "committing", label: "queued, in the store", count: spilled },
    { name: "waiting", label: "waiting for another attempt", count: retrying },
  ];
}

/** Statuses, then what went wrong, the most frequent first. */
function answersOf({ statuses, errors }: Tick): Share[] {
  const tones: Record<string, string> = { "2xx": "good", "3xx": "moved", "4xx": "warning" };
  const answered = Object.entries(statuses).map(([label, count]) => ({
    name: tones[label] ?? "bad",
    label,
    count,
  }));
  const failed = Object.entries(errors)
    .sort(([, a], [, b]) => b - a)
    .map(([label, count]) => ({ name: "bad", label, count }));
  const all = [...answered, ...failed];
  if (all.length <= ANSWERS) return all;
  const rest = all.slice(ANSWERS - 1).reduce((sum, { count }) => sum + count, 0);
  return [...all.slice(0, ANSWERS - 1), { name: "bad", label: "others", count: rest }];
}
