import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { SwitcherReport } from "@greenlit/switcher";

/** What `greenlit doctor` finds out. */
export interface Diagnosis {
  readonly node: string;
  readonly v8: string;
  readonly platform: string;
  readonly backend: string;
  /** The switcher that runs here; null when none does. */
  readonly switcher: SwitcherReport | null;
  /** Why none does. */
  readonly problem: string | null;
}

/** Looks in a child process, so that even a crash of the self-test is found out and told. */
export function diagnose(): Diagnosis {
  const probe = fileURLToPath(new URL("doctor-probe.js", import.meta.url));
  const { stdout, stderr, status, signal } = spawnSync(process.execPath, [probe], {
    encoding: "utf8",
    timeout: 60_000,
  });
  const answer = status === 0 ? (JSON.parse(stdout) as SwitcherReport | { problem: string }) : null;
  const crash = `the probe ended with ${signal ?? `exit code ${status}`}\n${stderr}`;
  return {
    node: process.version,
    v8: process.versions.v8,
    platform: `${process.platform} ${process.arch}`,
    backend: "uv (Node's own event loop)",
    switcher: answer !== null && "driver" in answer ? answer : null,
    problem: answer === null ? crash : "problem" in answer ? answer.problem : null,
  };
}

/** The diagnosis in words. */
export function formatDiagnosis(found: Diagnosis): string {
  const lines = [
    `node      ${found.node}, V8 ${found.v8}`,
    `platform  ${found.platform}`,
    `backend   ${found.backend}`,
  ];
  const { switcher, problem } = found;
  if (switcher !== null) {
    lines.push(
      `switcher  ${switcher.driver}, ready in ${switcher.openedIn.toFixed(0)} ms, stack guard: ${switcher.guard}`,
      ...switcher.refused.map(({ driver, reason }) => `  not ${driver}: ${reason}`),
      ...switcher.selfTest.map(({ name, ok }) => `  ${ok ? "ok    " : "FAILED"} ${name}`),
    );
  }
  lines.push(
    problem === null ? "All well: greenlets run here." : `Greenlets cannot run here.\n${problem}`,
  );
  return lines.join("\n");
}
