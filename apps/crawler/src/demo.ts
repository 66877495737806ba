import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Waiter } from "greenlit";
import type { DemoReady } from "./demo-site/main.js";

/** The demo site, running in a process of its own. */
export interface Demo {
  readonly seeds: readonly string[];
  close(): void;
}

/** The same each time if it is free, so that a crawl of the site can go on another day. */
const PORT = process.env["GREENLIT_DEMO_PORT"] ?? "20817";

/** Starts the demo site and blocks until it can be crawled. @throws Error when it ends instead */
export function startDemo(): Demo {
  const child = fork(
    fileURLToPath(new URL("./demo-site/main.js", import.meta.url)),
    ["100", "1", PORT],
    {
      execArgv: [], // plain Node, whatever the crawler was started with
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    },
  );
  const ready = new Waiter<DemoReady>("demo site");
  child.once("message", (message) => ready.switch(message as DemoReady));
  child.once("error", (error) => ready.fail(error));
  child.once("exit", (code) => ready.fail(new Error(`the demo site ended with ${code}`)));
  try {
    const { seed } = ready.wait();
    return { seeds: [seed], close: () => void child.kill("SIGKILL") };
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}
