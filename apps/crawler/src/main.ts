#!/usr/bin/env node
import { Exit, parseArguments } from "./arguments.js";

// Whoever reads what we say may be gone, as with a closed terminal: that is no reason to end.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

const parsed = parseArguments(process.argv.slice(2));
if (parsed instanceof Exit) {
  process.exitCode = parsed.code;
} else {
  // Loaded for a crawl only: help comes at once.
  const { run } = await import("greenlit");
  const { main } = await import("./cli.js");
  process.exitCode = await run(main, parsed);
}
