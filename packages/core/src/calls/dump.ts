import type { Greenlet, GreenletState } from "../hub/greenlet.js";
import { hub } from "../hub/hub.js";

/** One greenlet, as `dump` saw it. */
export interface GreenletDump {
  readonly id: number;
  readonly name: string;
  readonly state: GreenletState;
  readonly daemon: boolean;
  /** The call it waits in; null when it does not wait. */
  readonly waitsFor: string | null;
  /** Milliseconds it has been waiting. */
  readonly waited: number | null;
  /** Milliseconds since it was spawned. */
  readonly age: number;
  /** Frames, innermost first, each "at ..."; empty if it has not started. */
  readonly stack: readonly string[];
  /** Where it was spawned, if that was recorded. */
  readonly spawnSite: string;
  /** The living greenlets that it has spawned; none when some greenlets alone were asked for. */
  readonly children: readonly GreenletDump[];
}

/**
 * All living greenlets of this thread, as a tree. Below each are the greenlets that it spawned; at
 * the top are those that the hub or an ended greenlet spawned. Parked greenlets are resumed only to
 * take their stacks. No other greenlet runs meanwhile.
 *
 * @param greenlets those of which to tell, in this order and none below another: of a few among
 *   thousands, say, since each stack takes some 40 us. Those that have ended are left out.
 */
export function dump(greenlets?: Iterable<Greenlet>): GreenletDump[] {
  const caller = hub.current;
  const describe = (own: string[]): GreenletDump[] => {
    if (greenlets === undefined) return tree(caller, own);
    const living = [...greenlets].filter(({ dead }) => !dead);
    return living.map((greenlet) => describeOne(greenlet, caller, own, []));
  };
  if (caller === null) return describe([]);
  const own = frames(new Error("dump").stack ?? "");
  return hub.call(() => describe(own));
}

/** The text of `dump()`, for people to read. */
export function formatDump(tops: readonly GreenletDump[] = dump()): string {
  const lines: string[] = [];
  let count = 0;
  const add = (greenlet: GreenletDump, indent: string): void => {
    count++;
    const { name, state, daemon, waitsFor, waited, age, stack, children } = greenlet;
    const what =
      waitsFor === null ? state : `waits in ${waitsFor} for ${seconds(waited as number)}`;
    lines.push(`${indent}${name}: ${what}, ${seconds(age)} old${daemon ? ", daemon" : ""}`);
    for (const frame of stack) lines.push(`${indent}    ${frame}`);
    for (const child of children) add(child, `${indent}  `);
  };
  for (const greenlet of tops) add(greenlet, "  ");
  return [`${count} greenlet${count === 1 ? "" : "s"}`, ...lines].join("\n");
}

function tree(caller: Greenlet | null, callerStack: string[]): GreenletDump[] {
  const all = hub.greenlets();
  const living = new Set(all);
  const below = new Map<Greenlet | null, Greenlet[]>();
  for (const greenlet of all) {
    const { spawnedBy } = greenlet;
    const parent = spawnedBy !== null && living.has(spawnedBy) ? spawnedBy : null;
    const siblings = below.get(parent);
    if (siblings === undefined) below.set(parent, [greenlet]);
    else siblings.push(greenlet);
  }
  const describe = (greenlet: Greenlet): GreenletDump =>
    describeOne(greenlet, caller, callerStack, (below.get(greenlet) ?? []).map(describe));
  return (below.get(null) ?? []).map(describe);
}

function describeOne(
  greenlet: Greenlet,
  caller: Greenlet | null,
  callerStack: string[],
  children: GreenletDump[],
): GreenletDump {
  const now = hub.clock.now();
  const mine = greenlet === caller;
  const waiter = mine ? null : greenlet.waiter;
  return {
    id: greenlet.id,
    name: greenlet.name,
    state: mine ? "running" : greenlet.state,
    daemon: greenlet.daemon,
    waitsFor: waiter?.describe() ?? null,
    waited: waiter === null ? null : Math.max(0, now - waiter.since),
    age: Math.max(0, now - greenlet.born),
    stack: mine ? callerStack : stackOf(greenlet),
    spawnSite: greenlet.spawnSite,
    children,
  };
}

function stackOf(greenlet: Greenlet): string[] {
  return greenlet.state === "parked" ? frames(hub.stackOf(greenlet)) : [];
}

function frames(stack: string): string[] {
  return stack
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line.startsWith("at "));
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
