import { LoopExit } from "./errors.js";
import type { Greenlet } from "./greenlet.js";
import { userFrame } from "./frames.js";
import type { Hub } from "./hub.js";

/** Node's exit code for "the loop is empty, and somebody still waits" (an unsettled top-level await). */
const UNSETTLED = 13;

/**
 * The loop has nothing left that could wake anybody. If greenlets are parked, that is a deadlock: it is
 * thrown into the main greenlet if that waits, else told on stderr, with exit code 13.
 */
export function reportDeadlock(hub: Hub): void {
  const parked = hub.greenlets().filter((g) => g.state === "parked" && !g.daemon);
  if (parked.length === 0) return;
  const main = parked.find((g) => g.isMain && !hub.told.has(g.waiter as object));
  if (main !== undefined) {
    main.interrupt(new LoopExit(describe(hub, parked)));
    // It may have caught that, or be shielded, and wait on, with nobody to wake it still. So look again.
    if (main.waiter !== null) hub.told.add(main.waiter);
    setImmediate(() => {});
    return;
  }
  // In a worker the loop goes on until stderr is written, and comes here again.
  if (parked.every((greenlet) => hub.listed.has(greenlet.waiter as object))) return;
  for (const greenlet of parked) hub.listed.add(greenlet.waiter as object);
  process.stderr.write(`greenlit: ${describe(hub, parked)}\n`);
  process.exitCode ||= UNSETTLED;
}

/** At most this many greenlets are listed one by one. */
const LISTED = 20;

function describe(hub: Hub, parked: Greenlet[]): string {
  const lines = parked.slice(0, LISTED).map((greenlet) => {
    const seconds = ((hub.clock.now() - (greenlet.waiter?.since ?? 0)) / 1000).toFixed(1);
    const where = userFrame(hub.stackOf(greenlet));
    return `  ${greenlet.name} has waited ${seconds} s in ${greenlet.waiter?.describe()} ${where}`.trimEnd();
  });
  if (parked.length > LISTED) lines.push(`  and ${parked.length - LISTED} more`);
  for (const cycle of cycles(parked)) {
    lines.push(
      `  cycle: ${[...cycle, cycle[0] as Greenlet].map(({ name }) => name).join(" waits on ")}`,
    );
  }
  return [
    "deadlock: nothing is left that could wake the greenlets that wait " +
      "(no I/O, no timer, no other greenlet)",
    ...lines,
  ].join("\n");
}

/** Greenlets that wait on each other in a ring, where each waits for what only the next one can end. */
function cycles(parked: Greenlet[]): Greenlet[][] {
  const found: Greenlet[][] = [];
  const seen = new Set<Greenlet>();
  for (const start of parked) {
    const path: Greenlet[] = [];
    let at: Greenlet | null = start;
    while (at !== null && !seen.has(at)) {
      seen.add(at);
      path.push(at);
      at = at.waiter?.blockedBy() ?? null;
    }
    const from = at === null ? -1 : path.indexOf(at);
    if (from >= 0) found.push(path.slice(from));
  }
  return found;
}
