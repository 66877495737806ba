#!/usr/bin/env node
import { createRequire } from "node:module";
import { Command, CommanderError } from "commander";
import { diagnose, formatDiagnosis } from "./doctor.js";
import { profileTo } from "./profile-to.js";
import { runMain } from "./run-main.js";

/** Exit codes: what a shell calls wrong usage, and the rest of failures. */
const USAGE = 2;
const FAILURE = 1;

const { version } = createRequire(import.meta.url)("../package.json") as { version: string };

const program = new Command("greenlit")
  .description("Stackful greenlets for Node.js: code that looks blocking and runs concurrently.")
  .version(version)
  .enablePositionalOptions()
  .exitOverride();

program
  .command("run")
  .description("run a program in a greenlet: its top-level code may block")
  .argument("<file>", "the main module, JavaScript or TypeScript")
  .argument("[args...]", "what the program finds in process.argv")
  .option("--profile <file>", "write a CPU profile that sees greenlets (.cpuprofile, for DevTools)")
  .passThroughOptions()
  .action(async (file: string, args: string[], { profile }: { profile?: string }) => {
    if (profile !== undefined) profileTo(profile);
    process.argv.splice(1, Infinity, file, ...args);
    await runMain(file);
  });

program
  .command("doctor")
  .description("show whether and how greenlets run here")
  .option("--json", "for programs")
  .action(({ json }: { json?: boolean }) => {
    const found = diagnose();
    process.stdout.write(`${json ? JSON.stringify(found, null, 2) : formatDiagnosis(found)}\n`);
    if (found.problem !== null) process.exitCode = FAILURE;
  });

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has printed it; help and version are no errors.
    process.exitCode = error.exitCode === 0 ? 0 : USAGE;
  } else {
    process.stderr.write(`greenlit: ${(error as Error).message}\n`);
    process.exitCode =
      (error as { code?: string }).code === "ERR_GREENLIT_NO_SUCH_FILE" ? USAGE : FAILURE;
  }
}
