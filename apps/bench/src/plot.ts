import { compile, type TopLevelSpec } from "vega-lite";
import { Error as OnlyErrors, logger, parse, View } from "vega";
import { digits } from "./figure.js";
import type { Answer } from "./answer.js";

/** A picture of an answer; `name` is that of its file. */
export interface Plot {
  readonly name: string;
  readonly title: string;
  readonly spec: TopLevelSpec;
}

export async function renderSvg({ spec }: Plot): Promise<string> {
  // Vega-Lite warns that panels with axes of their own might differ in size: they do, and are
  // right.
  const compiled = compile(spec, { logger: logger(OnlyErrors) }).spec;
  const view = new View(parse(compiled), { renderer: "none" });
  const svg = await view.toSVG();
  view.finalize();
  return `${svg}\n`;
}

const GREENS = ["#0b5d42", "#1f9467", "#5cc396", "#8fd4b3"];
const ORANGES = ["#8f4a00", "#d97b16", "#f0ab5b", "#f7d3a6"];
const BLUES = ["#123e7c", "#2f6fbf", "#74a7e0", "#b3d0f0"];
const PEERS: Record<string, string> = {
  "python greenlet": "#c62f4b",
  gevent: "#e36fb0",
  "Ruby Fiber": "#8e3fb0",
  goroutines: "#1590b8",
  generators: "#9a8c1f",
  "async/await": "#555555",
  Node: "#555555",
  Go: "#1590b8",
  "gevent pywsgi": "#e36fb0",
  select: "#c62f4b",
  poll: "#d97b16",
  epoll: "#1f9467",
  uring: "#2f6fbf",
  uv: "#555555",
  "Node, undici and htmlparser2": "#555555",
  Scrapy: "#c62f4b",
  Crawlee: "#d97b16",
};

/** Ours are shades of one colour for each kind, by Node; peers have one each. */
function colours(whos: readonly string[]): string[] {
  const used = new Map<readonly string[], number>();
  return whos.map((who) => {
    const peer = PEERS[who];
    if (peer !== undefined) return peer;
    const off = who.includes("=0") || who.startsWith("thread");
    const shades = off ? ORANGES : who.startsWith("locker") ? BLUES : GREENS;
    const at = used.get(shades) ?? 0;
    used.set(shades, at + 1);
    return shades[at % shades.length] as string;
  });
}

const CONFIG: NonNullable<TopLevelSpec["config"]> = {
  background: "white",
  font: "DejaVu Sans, Verdana, sans-serif",
  title: { fontSize: 15, anchor: "start", offset: 14 },
  axis: { labelFontSize: 12, titleFontSize: 12, labelLimit: 260, gridColor: "#e4e4e4" },
  legend: { labelFontSize: 12, symbolSize: 90, labelLimit: 300, title: null },
  view: { stroke: null },
};

interface Point {
  who: string;
  row: string;
  key: string;
  n: number;
  value: number;
  low: number;
  high: number;
  text: string;
}

function points(answer: Answer, wanted: (key: string) => boolean): Point[] {
  const rows = answer.tables.flatMap((table) => table.rows).filter(({ key }) => wanted(key));
  return rows.flatMap(({ key, label }) =>
    Object.entries(answer.figures).flatMap(([who, figures]): Point[] => {
      const found = figures[key];
      if (found === undefined || found.median <= 0) return [];
      const { median: value, low, high } = found;
      const n = Number(/\d+$/.exec(key)?.[0] ?? 0);
      return [{ who, row: label, key, n, value, low, high, text: digits(value) }];
    }),
  );
}

function whosOf(data: readonly Point[], answer: Answer): string[] {
  return Object.keys(answer.figures).filter((who) => data.some((point) => point.who === who));
}

/** For each row of a table a panel with a dot for each who, on one logarithmic scale. */
export function dots(name: string, title: string, answer: Answer, table: number): Plot {
  const rows = answer.tables[table]?.rows ?? [];
  const data = points(answer, (key) => rows.some((row) => row.key === key));
  const whos = whosOf(data, answer);
  const x = { type: "quantitative", scale: { type: "log", padding: 24 } } as const;
  const axis = ticks(data.flatMap(({ low, high }) => [low, high]));
  const spec: TopLevelSpec = {
    title,
    config: CONFIG,
    padding: 12,
    spacing: 10,
    data: { values: data },
    facet: {
      row: {
        field: "row",
        type: "nominal",
        title: null,
        sort: rows.map(({ label }) => label),
        header: {
          labelOrient: "top",
          labelAnchor: "start",
          labelAngle: 0,
          labelFontSize: 12,
          labelFontWeight: "bold",
          labelPadding: 4,
          labelLimit: 500,
        },
      },
    },
    spec: {
      width: 560,
      height: { step: 15 },
      encoding: {
        y: { field: "who", type: "nominal", sort: whos, title: null, axis: { ticks: false } },
        color: { field: "who", type: "nominal", scale: scaleOf(whos), legend: null },
      },
      layer: [
        {
          mark: { type: "rule", strokeWidth: 2, opacity: 0.5 },
          encoding: { x: { ...x, field: "low", title: null, axis }, x2: { field: "high" } },
        },
        {
          mark: { type: "point", filled: true, size: 60, opacity: 1 },
          encoding: { x: { ...x, field: "value" } },
        },
        {
          mark: { type: "text", align: "left", dx: 9, fontSize: 10 },
          encoding: {
            x: { ...x, field: "high" },
            text: { field: "text", type: "nominal" },
            color: { value: "#333333" },
          },
        },
      ],
    },
    // A panel names only those it has figures of.
    resolve: { scale: { y: "independent" } },
  };
  return { name, title, spec };
}

const scaleOf = (whos: string[]): { domain: string[]; range: string[] } => ({
  domain: whos,
  range: colours(whos),
});

/** Lines at powers of ten; where there are few of them, at 2 and 5 times these as well. */
function ticks(values: readonly number[]): { values: number[]; format: string } {
  const from = Math.floor(Math.log10(Math.min(...values)));
  const to = Math.ceil(Math.log10(Math.max(...values)));
  const steps = to - from > 3 ? [1] : [1, 2, 5];
  const powers = Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i));
  return { values: powers.flatMap((power) => steps.map((step) => step * power)), format: ",~r" };
}

/** A line for each who over a number of greenlets, both axes logarithmic. */
export function curves(
  name: string,
  title: string,
  answer: Answer,
  kinds: readonly string[],
): Plot {
  const wanted = (key: string): boolean => kinds.includes(key.replace(/\d+$/, ""));
  const data = points(answer, (key) => wanted(key)).filter(({ n }) => n > 0);
  const whos = whosOf(data, answer);
  const counts = [...new Set(data.map(({ n }) => n))];
  const log = { type: "log", padding: 12 } as const;
  const spec: TopLevelSpec = {
    title,
    config: CONFIG,
    width: 480,
    height: 320,
    padding: 12,
    data: { values: data },
    encoding: {
      x: {
        field: "n",
        type: "quantitative",
        title: "greenlets",
        scale: { type: "log", padding: 24 },
        axis: { values: counts, format: ",d" },
      },
      y: {
        field: "value",
        type: "quantitative",
        title: null,
        scale: log,
        axis: ticks(data.map(({ value }) => value)),
      },
      color: { field: "who", type: "nominal", scale: scaleOf(whos) },
    },
    layer: [
      { mark: { type: "line", strokeWidth: 2 } },
      { mark: { type: "point", filled: true, size: 60, opacity: 1 } },
    ],
  };
  return { name, title, spec };
}
