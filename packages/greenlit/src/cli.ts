#!/usr/bin/env node
import { resolve } from "node:path";

const [command, ...args] = process.argv.slice(2);

// What else this package can do is loaded where it is asked for: that takes longer than many
// programs do.
if (command === "run" && args[0] !== "--help" && args[0] !== "-h") {
  await run();
} else {
  const { runCommand } = await import("./commands.js");
  runCommand();
}

/** `greenlit run` is `node`, with the program in a greenlet. */
async function run(): Promise<void> {
  takeProfile();
  if (args[0] === "--") args.shift();
  const [file, ...more] = args;
  if (file === undefined || file.startsWith("-") || process.execArgv.length > 0) {
    // Flags of Node's, and programs that are no files, are Node's business.
    const { becomeNode } = await import("./node-process.js");
    const { PRELOAD } = await import("./children.js");
    return becomeNode([...PRELOAD, ...args]);
  }
  process.argv.splice(1, Infinity, resolve(file), ...more);
  // It starts while the rest is loaded.
  (await import("./signal-thread.js")).watchSignals();
  const { start } = await import("./start.js");
  start(false);
  const { runMain } = await import("./main-module.js");
  runMain(resolve(file));
}

/** `--profile <file>` comes before what is Node's. */
function takeProfile(): void {
  const [flag = "", file] = args[0]?.split(/=(.*)/s) ?? [];
  if (flag !== "--profile") return;
  const profile = file ?? args[1];
  args.splice(0, file === undefined ? 2 : 1);
  if (profile !== undefined) process.env["GREENLIT_PROFILE"] = profile;
}
