import { dump, type GreenletDump } from "greenlit";
import type { Flight, Flights } from "../flights.js";
import { type Query, select } from "./query.js";
import type { Frame, GreenletRow, GreenletStack, Selection } from "./snapshot.js";

/** Frames of one stack, those of the runtime included. */
const DEPTH = 60;

/** The crawler itself. */
const OWN = new URL("..", import.meta.url).pathname;
/** Where the runtime's packages are, unless they are in a node_modules folder. */
const RUNTIME = new URL("../../", import.meta.resolve("greenlit")).pathname;

/**
 * The pages in flight, and the line at which the greenlet of each is blocked. Stacks are taken of
 * the rows that are asked for alone, since each takes some 40 us.
 */
export function selectGreenlets(flights: Flights, query: Query): Selection<GreenletRow> {
  const now = performance.now();
  const selection = select(flights, query, {
    text: ({ entry, phase }) => `${entry.url} ${phase}`,
    value: ({ entry, phase, began, since }, sort) =>
      sort === "url"
        ? entry.url
        : sort === "phase"
          ? phase
          : now - (sort === "age" ? began : since),
  });
  const dumps = dumpOf(selection.rows);
  const rows = selection.rows.flatMap((flight) => {
    const found = dumps.get(flight.greenlet.id);
    return found === undefined ? [] : [rowOf(flight, found, framesOf(found), now)];
  });
  return { ...selection, rows };
}

/** One of them with its whole stack; null when the page is not in flight any more. */
export function greenletStack(flights: Flights, id: number, url: string): GreenletStack | null {
  for (const flight of flights) {
    if (flight.greenlet.id !== id || flight.entry.url !== url) continue;
    const found = dumpOf([flight]).get(id);
    if (found === undefined) return null;
    const { depth, attempts, referrer } = flight.entry;
    const frames = framesOf(found);
    const row = rowOf(flight, found, frames, performance.now());
    return { ...row, depth, attempts, referrer, frames };
  }
  return null;
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

function rowOf(
  { entry, phase, began, since }: Flight,
  { id, name, waitsFor }: GreenletDump,
  frames: readonly Frame[],
  now: number,
): GreenletRow {
  const at = frames.find(({ isOwn }) => isOwn) ?? frames[0];
  const line = at?.place.replace(/^.*[/\\]/, "").replace(/:\d+$/, "") ?? "";
  return {
    id,
    name,
    url: entry.url,
    phase,
    age: now - began,
    inPhase: now - since,
    waitsFor,
    line,
  };
}

function framesOf({ stack }: GreenletDump): Frame[] {
  return stack.map(parseFrame);
}

/** @param frame as V8 writes it: `at call (place)`, or `at place` */
export function parseFrame(frame: string): Frame {
  const [, call = "", inBraces, bare] = /^at (?:(.*) \((.*)\)|(.*))$/.exec(frame) ?? [];
  const place = (inBraces ?? bare ?? frame).replace(/^file:\/\//, "");
  return { call: call === "" ? "(anonymous)" : call, place, isOwn: isOwn(place) };
}

function isOwn(place: string): boolean {
  if (place.startsWith(OWN)) return true;
  if (!place.startsWith("/") && !/^[A-Za-z]:/.test(place)) return false; // of Node or of V8
  return !place.startsWith(RUNTIME) && !/[/\\]node_modules[/\\]/.test(place);
}
