import { readdirSync, readlinkSync } from "node:fs";
import { Server, Socket } from "node:net";
import { checkOptions, checkTimeout } from "@greenlit/core/blocking-call";
import { type Clock, getHub, type Greenlet, type Alarm } from "@greenlit/core";
import { describe, others } from "./living.js";
import { turns } from "./turns.js";

/** Something was left behind. */
export class LeakError extends Error {
  /** What, one by one. */
  readonly leaks: readonly string[];

  constructor(leaks: readonly string[]) {
    super(`left behind:\n${leaks.map((leak) => `  ${leak.replaceAll("\n", "\n  ")}`).join("\n")}`);
    this.name = "LeakError";
    this.leaks = leaks;
  }
}

export interface LeakCheckOptions {
  /**
   * Milliseconds that what is about to end may take for it; ten times as long where all that is
   * left are sockets and servers that have begun to close. On a busy machine longer, until the loop
   * has gone round some hundred times. Nothing waits so long where nothing leaks. Default: 2000.
   */
  readonly settle?: number;
  /** Lets a leak pass, by its line in the error. Default: none. */
  readonly ignore?: (leak: string) => boolean;
}

/** What a test runner has, vitest and node:test among others. */
export interface LeakCheckHooks {
  beforeEach(fn: () => void): unknown;
  afterEach(fn: () => Promise<void>): unknown;
}

/** What was there at a moment. */
class Snapshot {
  private readonly clock: Clock = getHub().clock;
  private readonly greenlets: Set<Greenlet> = new Set(getHub().greenlets());
  private readonly timers: Set<Alarm> = new Set(this.clock.timers());
  private readonly resources = activeResources();
  private readonly endpoints = new Set(endpoints());
  private readonly descriptors = openDescriptors();

  /** A line for each thing that is there and was not then. Only on the hub. */
  leaks(): string[] {
    const { clock, current } = getHub();
    const found = describe(others(this.greenlets));
    if (clock !== this.clock) found.push("the clock of the hub has been replaced");
    if (current !== null) found.push("the hub believes that a greenlet runs");
    for (const timer of clock.timers()) {
      if (this.timers.has(timer)) continue;
      const ms = Math.max(0, timer.deadline - clock.now());
      found.push(`a timer of the hub, which fires in ${ms.toFixed(0)} ms`);
    }
    for (const [type, count] of activeResources()) {
      const more = count - (this.resources.get(type) ?? 0);
      if (more > 0) found.push(`${more} active ${type}`);
    }
    for (const endpoint of this.newEndpoints()) found.push(nameOf(endpoint));
    for (const [descriptor, target] of openDescriptors()) {
      if (this.descriptors.get(descriptor) !== target) {
        found.push(`descriptor ${descriptor} is open: ${target}`);
      }
    }
    return found;
  }

  /**
   * Whether there are sockets and servers that were not there then, and all of them have begun to
   * close.
   */
  get closing(): boolean {
    const all = this.newEndpoints();
    return all.length > 0 && all.every(isClosing);
  }

  private newEndpoints(): Endpoint[] {
    return endpoints().filter((endpoint) => !this.endpoints.has(endpoint));
  }
}

type Endpoint = Socket | Server;

/**
 * Sockets and servers that keep the loop alive. Node has no documented way to get at them; where it
 * has none, there are none.
 */
function endpoints(): Endpoint[] {
  const { _getActiveHandles: handles } = process as { _getActiveHandles?: () => unknown[] };
  return (handles?.call(process) ?? []).filter(
    (handle): handle is Endpoint =>
      handle instanceof Server || (handle instanceof Socket && handle.remoteAddress !== undefined),
  );
}

/** One side has ended, or it listens no longer and waits for its connections to end. */
function isClosing(endpoint: Endpoint): boolean {
  if (endpoint instanceof Server) return !endpoint.listening;
  return endpoint.readyState !== "open" && endpoint.readyState !== "opening";
}

function nameOf(endpoint: Endpoint): string {
  const state = isClosing(endpoint) ? "closing" : "open";
  if (endpoint instanceof Server) {
    const address = endpoint.address();
    const where =
      address === null || typeof address === "string"
        ? address
        : `${address.address}:${address.port}`;
    return `a server is ${state}${where === null ? "" : `: ${where}`}`;
  }
  const { localAddress, localPort, remoteAddress, remotePort } = endpoint;
  return `a socket is ${state}: from ${localAddress}:${localPort} to ${remoteAddress}:${remotePort}`;
}

/**
 * What keeps the loop alive, watchers and sockets among it, by kind. Node's own timers come and go
 * with the test runner.
 */
function activeResources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const type of process.getActiveResourcesInfo()) {
    if (type === "Timeout" || type === "Immediate") continue;
    counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  return counts;
}

const FOLDER = "/proc/self/fd";

/** Where each open descriptor leads to; empty where the system does not tell. */
function openDescriptors(): Map<string, string> {
  const found = new Map<string, string>();
  let names: string[];
  try {
    names = readdirSync(FOLDER);
  } catch {
    return found;
  }
  for (const name of names) {
    try {
      const target = readlinkSync(`${FOLDER}/${name}`);
      // The loop's own, which it opens when it first needs them and keeps.
      if (!target.startsWith("anon_inode:")) found.set(name, target);
    } catch {
      // The one the folder was read with.
    }
  }
  return found;
}

/** Looks, at least: who has hardly run meanwhile has had no time. */
const LOOKS = 30;
/** Times the usual, for what has begun to close. */
const LONGER = 10;

/**
 * @throws LeakError (as a rejection) when something is left behind, and stays.
 */
async function checkSince(
  snapshot: Snapshot,
  { settle = 2000, ignore = () => false }: LeakCheckOptions,
): Promise<void> {
  const start = performance.now();
  for (let looks = 1; ; looks++) {
    await turns(looks <= 3 ? 1 : 10);
    const leaks = snapshot.leaks().filter((leak) => !ignore(leak));
    if (leaks.length === 0) return;
    const limit = snapshot.closing ? LONGER * settle : settle;
    if (looks >= LOOKS && performance.now() - start > limit) throw new LeakError(leaks);
  }
}

/**
 * Calls `fn`, and looks at what it leaves behind when it has ended, also by an error: greenlets,
 * timers of the hub, handles and requests that keep the loop alive (sockets, servers, watchers,
 * children), open descriptors (on Linux).
 * @returns what `fn` returns.
 * @throws (as a rejection) what `fn` throws; else LeakError with a line for each thing left.
 */
export async function leakCheck<T>(
  fn: () => T,
  options: LeakCheckOptions = {},
): Promise<Awaited<T>> {
  check(options);
  openSignalPipe();
  const snapshot = new Snapshot();
  const value = await fn();
  await checkSince(snapshot, options);
  return value;
}

/**
 * Puts `leakCheck` around every test: `installLeakCheck({ beforeEach, afterEach })`, with the
 * functions of the test runner. Tests must run one after the other. What is opened before all tests
 * of a file is none of theirs.
 */
export function installLeakCheck(
  { beforeEach, afterEach }: LeakCheckHooks,
  options: LeakCheckOptions = {},
): void {
  check(options);
  openSignalPipe();
  let snapshot: Snapshot;
  beforeEach(() => {
    snapshot = new Snapshot();
  });
  afterEach(() => checkSince(snapshot, options));
}

function check(options: LeakCheckOptions): void {
  checkOptions("leakCheck", options, ["settle", "ignore"]);
  checkTimeout("settle", options.settle);
}

/**
 * The loop opens a pipe when it first watches a signal (as it does for every child), and keeps it.
 */
function openSignalPipe(): void {
  const nothing = (): void => {};
  process.once("SIGWINCH", nothing);
  process.off("SIGWINCH", nothing);
}
