import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { dump, type GreenletDump } from "greenlit";
import type { Flight, Flights } from "../flights.js";
import type { Entry } from "../schedule.js";
import { type Query, select } from "./query.js";
import type { Frame, GreenletRow, GreenletStack, Selection } from "./snapshot.js";

/** Frames of one stack, those of the runtime included. */
const DEPTH = 60;

// Not import.meta.resolve: tsx has none where it makes CommonJS of modules.
const require = createRequire(import.meta.url);
/** The crawler itself, and its package. */
const OWN = new URL("..", import.meta.url).pathname;
const PACKAGE = new URL("../..", import.meta.url).pathname;
/** Where the runtime's packages are, unless they are in a node_modules folder. */
const RUNTIME = new URL("../../", pathToFileURL(require.resolve("greenlit"))).pathname;

/** A page in flight as it was at one moment. */
interface Seen {
  readonly row: GreenletRow;
  readonly entry: Entry;
  /** As V8 writes it. */
  readonly stack: readonly string[];
}

/** The pages in flight, and the line at which the greenlet of each is blocked. */
export class GreenletView {
  private readonly flights: Flights;
  /** The rows that were given last: a page that is clicked on may have ended. */
  private last = new Map<string, Seen>();

  constructor(flights: Flights) {
    this.flights = flights;
  }

  /** Stacks are taken of the rows that are asked for alone, since each takes some 40 us. */
  select(query: Query): Selection<GreenletRow> {
    const now = performance.now();
    const selection = select(this.flights, query, {
      text: ({ entry, phase }) => `${entry.url} ${phase}`,
      value: ({ entry, phase, began, since }, sort) => {
        if (sort === "url") return entry.url;
        if (sort === "phase") return phase;
        return now - (sort === "age" ? began : since);
      },
    });
    const all = look(selection.rows, now);
    this.last = new Map(all.map((seen) => [keyOf(seen.row), seen]));
    return { ...selection, rows: all.map(({ row }) => row) };
  }

  /** One of them with its whole stack, as seen last when it has ended; null when unknown. */
  stack(id: number, url: string): GreenletStack | null {
    for (const flight of this.flights) {
      if (flight.greenlet.id !== id || flight.entry.url !== url) continue;
      const [seen] = look([flight], performance.now());
      return seen === undefined ? null : tell(seen, false);
    }
    const seen = this.last.get(keyOf({ id, url }));
    return seen === undefined ? null : tell(seen, true);
  }
}

function keyOf({ id, url }: Pick<GreenletRow, "id" | "url">): string {
  return `${id} ${url}`;
}

function look(flights: readonly Flight[], now: number): Seen[] {
  const dumps = dumpOf(flights);
  return flights.flatMap((flight) => {
    const found = dumps.get(flight.greenlet.id);
    return found === undefined ? [] : [see(flight, found, now)];
  });
}

function dumpOf(flights: readonly Flight[]): Map<number, GreenletDump> {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = DEPTH;
  try {
    const dumps = dump(flights.map(({ greenlet }) => greenlet));
    return new Map(dumps.map((one) => [one.id, one]));
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function see({ entry, phase, began, since }: Flight, dump: GreenletDump, now: number): Seen {
  const { id, waitsFor, stack } = dump;
  const { url } = entry;
  const [age, inPhase] = [now - began, now - since];
  const row = { id, url, phase, age, inPhase, waitsFor, at: innermostOwn(stack) };
  return { row, entry, stack };
}

function tell({ row, entry, stack }: Seen, hasEnded: boolean): GreenletStack {
  const { depth, attempts, referrer } = entry;
  return { ...row, depth, attempts, referrer, hasEnded, frames: stack.map(parseFrame) };
}

/** The innermost call that is not of the runtime, and where that is. */
function innermostOwn(stack: readonly string[]): string {
  for (const text of stack) {
    const frame = parseFrame(text);
    if (frame.isOwn) return `${frame.call} ${lineOf(frame)}`;
  }
  return "";
}

/** `client.ts:98` */
function lineOf({ place }: Frame): string {
  return place.replace(/^.*[/\\]/, "").replace(/:\d+$/, "");
}

/** @param frame as V8 writes it: `at call (place)`, or `at place` */
export function parseFrame(frame: string): Frame {
  const [, call = "", inBraces, bare] = /^at (?:(.*) \((.*)\)|(.*))$/.exec(frame) ?? [];
  const place = (inBraces ?? bare ?? frame).replace(/^file:\/\//, "");
  return { call: call || "(anonymous)", place: shorten(place), isOwn: isOwn(place) };
}

/** From the folder of the package or of the program on: what is before says nothing. */
function shorten(place: string): string {
  if (place.startsWith(PACKAGE)) return `@greenlit/crawler/${place.slice(PACKAGE.length)}`;
  const folder = [`${process.cwd()}/`, RUNTIME].find((folder) => place.startsWith(folder));
  return folder === undefined ? place : place.slice(folder.length);
}

function isOwn(place: string): boolean {
  if (place.startsWith(OWN)) return true;
  if (!place.startsWith("/") && !/^[A-Za-z]:/.test(place)) return false; // of Node or of V8
  return !place.startsWith(RUNTIME) && !/[/\\]node_modules[/\\]/.test(place);
}
