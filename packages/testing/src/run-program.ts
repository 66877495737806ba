import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

export interface RunProgramOptions {
  /** The executable. Default: the Node that runs this. */
  readonly node?: string;
  /** Node's flags, beside --expose-gc. */
  readonly flags?: readonly string[];
  readonly args?: readonly string[];
  /** On top of this process's environment, without NODE_OPTIONS. */
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds after which it is killed. Default: 300,000. */
  readonly timeLimit?: number;
  /**
   * How much smaller the program is to count (`scaled` of `@greenlit/testing/program`). Default: 1.
   */
  readonly scale?: number;
  /**
   * A descriptor that takes the place of the pipe at its standard output; `stdout` stays empty
   * then.
   */
  readonly stdout?: number;
}

/** How a program ended. */
export interface ProgramRun {
  /** It exited with 0, and the last line it printed is `pass`. */
  readonly passed: boolean;
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly seconds: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Both, as they came. */
  readonly output: string;
  /** What it did not check, and why: its lines that begin with "left out: ". */
  readonly leftOut: readonly string[];
  /** For people: its name and flags, how it ended, and the end of what it printed. */
  readonly report: string;
}

/** Lines of a report. */
const SHOWN = 25;

/**
 * Runs a program in a process of its own. @throws (as a rejection) when it cannot be started at
 * all.
 */
export function runProgram(
  path: string | URL,
  options: RunProgramOptions = {},
): Promise<ProgramRun> {
  const {
    node = process.execPath,
    flags = [],
    args = [],
    timeLimit = 300_000,
    scale = 1,
  } = options;
  const file = path instanceof URL ? fileURLToPath(path) : path;
  const start = performance.now();
  const child = spawn(node, ["--expose-gc", ...flags, file, ...args], {
    env: {
      ...process.env,
      NODE_OPTIONS: "",
      GREENLIT_TEST_SCALE: String(scale),
      ...options.env,
    },
    stdio: ["ignore", options.stdout ?? "pipe", "pipe"],
    timeout: timeLimit,
    killSignal: "SIGKILL",
  });
  let [stdout, stderr, output] = ["", "", ""];
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    output += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    output += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      const lines = output.trimEnd().split("\n");
      resolve({
        passed: code === 0 && stdout.trimEnd().split("\n").at(-1) === "pass",
        code,
        signal,
        seconds: (performance.now() - start) / 1000,
        stdout,
        stderr,
        output,
        leftOut: lines.filter((line) => line.startsWith("left out: ")),
        report: [
          `${[basename(file), ...flags, ...args].join(" ")}: ${signal ?? `exit code ${code}`}`,
          ...lines.slice(-SHOWN),
        ].join("\n"),
      });
    });
  });
}

/** The programs in a folder: names of files that end in .mjs. */
export function programsIn(folder: string | URL): string[] {
  return readdirSync(folder).filter((name) => name.endsWith(".mjs"));
}
