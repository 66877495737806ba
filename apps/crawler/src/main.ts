#!/usr/bin/env node
import { Exit, parseArguments } from "./arguments.js";

const parsed = parseArguments(process.argv.slice(2));
if (parsed instanceof Exit) {
  process.exitCode = parsed.code;
} else {
  // Loaded for a crawl only: help comes at once.
  const { run } = await import("greenlit");
  const { main } = await import("./cli.js");
  process.exitCode = await run(main, parsed);
}
