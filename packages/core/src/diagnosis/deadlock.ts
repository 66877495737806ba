import { setImmediate } from "../time/node-timers.js";
import { LoopExit } from "../errors.js";
import { placeLater, userFrame } from "../traces/frames.js";

/** The part of a blocking call that this file uses. */
interface BlockingCall {
  /** When it began, in milliseconds of the hub's clock. */
  readonly since: number;
  describe(): string;
  /** The one greenlet that can end it, if there is just one and it is known; else null. */
  blockedBy(): Waiting | null;
  /** Ends it if it can give up: it only waits to not see a half loaded module. */
  concede(): boolean;
}

/** The part of a greenlet that this file uses. */
interface Waiting {
  readonly name: string;
  readonly state: string;
  readonly daemon: boolean;
  readonly isMain: boolean;
  readonly waiter: BlockingCall | null;
  interrupt(error: unknown): void;
}

/** The part of the hub that this file uses. */
interface Scheduler<G extends Waiting> {
  readonly clock: { now(): number };
  greenlets(): G[];
  stackOf(greenlet: G): string;
}

/** Blocking calls of main greenlets that have been told of a deadlock. */
const told = new WeakSet<BlockingCall>();

/** Blocking calls that have been listed on stderr. */
const listed = new WeakSet<BlockingCall>();

/**
 * Node's exit code for "the loop is empty, and somebody still waits" (an unsettled top-level
 * await).
 */
const UNSETTLED = 13;

/**
 * The loop has nothing left that could wake anybody. If greenlets are parked, that is a deadlock:
 * it is thrown into the main greenlet if that waits, else told on stderr, with exit code 13.
 */
export function reportDeadlock<G extends Waiting>(hub: Scheduler<G>): void {
  const parked = hub.greenlets().filter((g) => g.state === "parked" && !g.daemon);
  if (parked.length === 0) return;
  // A greenlet that only waits to not see a half loaded module goes on now. It is queued, so Node's
  // loop goes on.
  if (parked.filter(({ waiter }) => waiter?.concede()).length > 0) return;
  const deadlock = (): LoopExit => new LoopExit(describe(hub, parked));
  const main = parked.find((g) => g.isMain && !told.has(g.waiter as BlockingCall));
  if (main !== undefined) {
    main.interrupt(placeLater(deadlock()));
    // It may catch the LoopExit, or be shielded, and wait on with nobody to wake it. The immediate
    // makes the hub look again.
    if (main.waiter !== null) told.add(main.waiter);
    setImmediate(() => {});
    return;
  }
  // In a worker the loop goes on until stderr is written, and comes here again.
  if (parked.every((greenlet) => listed.has(greenlet.waiter as BlockingCall))) return;
  for (const greenlet of parked) listed.add(greenlet.waiter as BlockingCall);
  const { message, docs } = deadlock();
  process.stderr.write(`greenlit: ${message.replace("\n", `; see ${docs}\n`)}\n`);
  process.exitCode ||= UNSETTLED;
}

/** At most this many greenlets are listed one by one. */
const LISTED = 20;

function describe<G extends Waiting>(hub: Scheduler<G>, parked: G[]): string {
  const lines = parked.slice(0, LISTED).map((greenlet) => {
    const seconds = ((hub.clock.now() - (greenlet.waiter?.since ?? 0)) / 1000).toFixed(1);
    const where = userFrame(hub.stackOf(greenlet));
    return `  ${greenlet.name} has waited ${seconds} s in ${greenlet.waiter?.describe()} ${where}`.trimEnd();
  });
  if (parked.length > LISTED) lines.push(`  and ${parked.length - LISTED} more`);
  for (const cycle of cycles(parked)) {
    lines.push(
      `  cycle: ${[...cycle, cycle[0] as Waiting].map(({ name }) => name).join(" waits on ")}`,
    );
  }
  return [
    "deadlock: nothing is left that could wake the greenlets that wait " +
      "(no I/O, no timer, no other greenlet)",
    ...lines,
  ].join("\n");
}

/**
 * Greenlets that wait on each other in a ring, where each waits for what only the next one can end.
 */
function cycles(parked: Waiting[]): Waiting[][] {
  const found: Waiting[][] = [];
  const seen = new Set<Waiting>();
  for (const start of parked) {
    const path: Waiting[] = [];
    let at: Waiting | null = start;
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
