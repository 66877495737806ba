import { spawnSync } from "node:child_process";
import { realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Availability, BackendName } from "@greenlit/backend";
import type { RefusedDriver, SelfTestStep, SwitcherReport } from "@greenlit/switcher";
import { type Copies, findCopies, warnOfCopies } from "./doctor-copies.js";
import { warnOfNode } from "./doctor-node.js";

/** What `greenlit doctor` finds out. */
export interface Diagnosis {
  readonly node: string;
  readonly v8: string;
  readonly platform: string;
  /** The switcher that runs here; null when none does. */
  readonly switcher: SwitcherReport | null;
  /** Why none does. */
  readonly problem: string | null;
  /**
   * Drivers that cannot run, better ones than the one that does; what the self-test did with each.
   */
  readonly refused: readonly RefusedDriver[];
  /** How greenlets wait for sockets; null when the probe did not come so far. */
  readonly backends: Backends | null;
  /** Of the packages in the dependency tree of the folder. */
  readonly copies: Copies;
  /** What may go wrong although greenlets run, and what to do; in words. */
  readonly warnings: readonly string[];
}

/** What there is to say of the backends. */
export interface Backends {
  /** The one that is used; null when it cannot be. */
  readonly backend: BackendName | null;
  /** Why it cannot be used. */
  readonly why: string | null;
  readonly available: readonly Availability[];
}

/** What the probe prints. */
interface Answer {
  readonly answer: SwitcherReport | { problem: string; refused: readonly RefusedDriver[] };
  readonly backends: Backends;
}

/**
 * Looks at this Node in a child process, so that even a crash of the self-test is found out and
 * told; and at what a folder depends on.
 */
export function diagnose(folder: string = process.cwd()): Diagnosis {
  const probe = fileURLToPath(new URL("doctor-probe.js", import.meta.url));
  const { stdout, stderr, status, signal } = spawnSync(process.execPath, [probe], {
    encoding: "utf8",
    timeout: 60_000,
  });
  const told = status === 0 ? (JSON.parse(stdout) as Answer) : null;
  const answer = told?.answer ?? null;
  const crash = `the probe ended with ${signal ?? `exit code ${status}`}\n${stderr}`;
  const switcher = answer !== null && "driver" in answer ? answer : null;
  const copies = findCopies(folder);
  const ofNode = warnOfNode(process.version, switcher);
  return {
    node: process.version,
    v8: process.versions.v8,
    platform: `${process.platform} ${process.arch}`,
    switcher,
    problem: answer === null ? crash : "problem" in answer ? answer.problem : null,
    refused: answer?.refused ?? [],
    backends: told?.backends ?? null,
    copies,
    warnings: [...(ofNode === null ? [] : [ofNode]), ...warnOfCopies(copies, ownSwitcher())],
  };
}

/** The folder of the switcher that the probe loads. */
function ownSwitcher(): string {
  const require = createRequire(import.meta.url);
  return dirname(realpathSync(require.resolve("@greenlit/switcher/package.json")));
}

/** The diagnosis in words. */
export function formatDiagnosis(found: Diagnosis): string {
  const { switcher, problem, refused, warnings } = found;
  const lines = [
    `node      ${found.node}, V8 ${found.v8}`,
    `platform  ${found.platform}`,
    switcher === null
      ? "switcher  none"
      : `switcher  ${switcher.driver}, ready in ${switcher.openedIn.toFixed(0)} ms, stack guard: ${switcher.guard}`,
  ];
  for (const { driver, reason, selfTest } of refused) {
    lines.push(`  not ${driver}: ${reason}`, ...selfTest.map(formatStep));
  }
  if (switcher !== null) {
    lines.push(`  self-test of ${switcher.driver}:`, ...switcher.selfTest.map(formatStep));
  }
  if (found.backends !== null) lines.push(...formatBackends(found.backends));
  for (const warning of warnings)
    lines.push(`warning   ${warning.replaceAll("\n", "\n          ")}`);
  if (problem !== null) lines.push(`Greenlets cannot run here.\n${problem}`);
  else if (warnings.length > 0) lines.push("Greenlets run here; see the warnings.");
  else lines.push("All well: greenlets run here.");
  return lines.join("\n");
}

function formatBackends({ backend, why, available }: Backends): string[] {
  const rest = available.filter(({ name }) => name !== backend);
  return [
    backend === null ? `backend   none: ${why}` : `backend   ${backend}`,
    ...rest.map(({ name, reason }) =>
      reason === null ? `  also ${name}` : `  not ${name}: ${reason}`,
    ),
  ];
}

function formatStep({ name, ok, detail }: SelfTestStep): string {
  return ok ? `    ok     ${name}` : `    FAILED ${name}: ${detail}; no more was tried`;
}
