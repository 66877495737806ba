import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import type { LogReport } from "../src/demo-site/log.js";
import type { DemoReady } from "../src/demo-site/main.js";
import { Plan } from "../src/demo-site/plan.js";

/** The demo site in a process of its own, and what it has seen. */
export interface DemoProcess {
  readonly plan: Plan;
  log(): Promise<LogReport>;
}

/** Runs the built demo site until the test is finished. @param latency factor for all latencies */
export async function startDemoProcess(
  pagesPerHost: number,
  latency: number,
): Promise<DemoProcess> {
  const program = fileURLToPath(new URL("../dist/demo-site/main.js", import.meta.url));
  const child = fork(program, [String(pagesPerHost), String(latency)]);
  onTestFinished(() => void child.kill("SIGKILL"));
  const { port, control } = await new Promise<DemoReady>((resolve, reject) => {
    child.once("message", (message) => resolve(message as DemoReady));
    child.once("exit", () => reject(new Error("the demo site did not start")));
  });
  return {
    plan: new Plan({ port, pagesPerHost }),
    log: async () => (await (await fetch(control)).json()) as LogReport,
  };
}
