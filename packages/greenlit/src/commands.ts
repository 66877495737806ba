import { createRequire } from "node:module";
import { Command, CommanderError } from "commander";
import { diagnose, formatDiagnosis } from "./doctor.js";
import { formatPatch, inspectPatch } from "./doctor-patched.js";

/** Exit codes: what a shell calls wrong usage, and the rest of failures. */
const USAGE = 2;
const FAILURE = 1;

/**
 * Everything but `greenlit run`: what it says about itself, `greenlit doctor`, and what is no
 * command.
 */
export function runCommand(): void {
  const { version } = createRequire(import.meta.url)("../package.json") as { version: string };
  const program = new Command("greenlit")
    .description("Stackful greenlets for Node.js: code that looks blocking and runs concurrently.")
    .version(version)
    .exitOverride();

  program
    .command("run")
    .usage("[--profile <file>] [node's options] [file | - | -e code] [args...]")
    .description("node, with the program in a greenlet: its top-level code may block")
    .option(
      "--profile <file>",
      "write a CPU profile that sees greenlets (.cpuprofile, for DevTools)",
    );

  program
    .command("doctor")
    .description("show whether and how greenlets run here")
    .argument("[packages...]", "with --patched: what do these keep or wrap?")
    .option("--json", "for programs")
    .option("--patched", "show what the patch replaces and adds")
    .action((packages: string[], { json, patched }: { json?: boolean; patched?: boolean }) => {
      if (patched) {
        const report = inspectPatch(packages);
        const text = json ? JSON.stringify(report, null, 2) : formatPatch(report);
        process.stdout.write(`${text}\n`);
        if (report.problems.length > 0) process.exitCode = FAILURE;
        return;
      }
      if (packages.length > 0) program.error("error: packages are for doctor --patched");
      const found = diagnose();
      process.stdout.write(`${json ? JSON.stringify(found, null, 2) : formatDiagnosis(found)}\n`);
      if (found.problem !== null) process.exitCode = FAILURE;
    });

  try {
    program.parse();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Commander has printed it; help and version are no errors.
    process.exitCode = error.exitCode === 0 ? 0 : USAGE;
  }
}
