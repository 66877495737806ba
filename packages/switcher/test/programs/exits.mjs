// Every way in which a process can end, from the root and from inside a greenlet, with a thousand
// greenlets parked. The exit code is right, 'exit' handlers run once, and nothing crashes.
import { RawGreenlet } from "@greenlit/switcher";
import { spawn } from "node:child_process";
import { writeSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { check, pass, same, scaled, unless } from "@greenlit/testing/program";
import { park } from "../support/switcher.mjs";

const inGreenlet = (fn) => () => void new RawGreenlet(fn).switch();
const boom = () => {
  throw new TypeError("boom");
};

/** The act, the exit code, and what the error output must contain. */
const WAYS = {
  natural: [() => {}, 0],
  "natural, after a timer": [
    () =>
      setTimeout(
        inGreenlet(() => park()),
        5,
      ),
    0,
  ],
  "process.exit on the root": [() => process.exit(3), 3],
  "process.exit in a greenlet": [inGreenlet(() => process.exit(4)), 4],
  "process.exit in a nested greenlet": [
    inGreenlet(() => new RawGreenlet(() => [1].forEach(() => process.exit(5))).switch()),
    5,
  ],
  "process.exitCode in a greenlet": [
    inGreenlet(() => {
      process.exitCode = 6;
      park();
    }),
    6,
  ],
  "process.reallyExit in a greenlet": [inGreenlet(() => process.reallyExit(7)), 7, null],
  "thrown on the root": [boom, 1, "TypeError: boom"],
  "thrown in a greenlet": [inGreenlet(boom), 1, "TypeError: boom"],
  "thrown in a greenlet, from a timer": [
    () => setTimeout(inGreenlet(boom), 1),
    1,
    "TypeError: boom",
  ],
  "uncaughtException handler": [
    () => {
      process.on(
        "uncaughtException",
        inGreenlet(() => process.exit(8)),
      );
      setImmediate(boom);
    },
    8,
  ],
  "unhandled rejection made in a greenlet": [
    inGreenlet(() => void Promise.reject(new TypeError("boom"))),
    1,
    "TypeError: boom",
  ],
  "exit handler that switches": [
    () =>
      process.on("exit", () => {
        new RawGreenlet(() => {
          process.exitCode = 9;
        }).switch();
      }),
    9,
  ],
  "exit in a greenlet inside an exit handler": [
    () =>
      process.on(
        "exit",
        inGreenlet(() => process.exit(10)),
      ),
    10,
  ],
  killed: [inGreenlet(() => process.kill(process.pid, "SIGKILL")), "SIGKILL", null],
};

const [way] = process.argv.slice(2);
const noSignals = process.platform === "win32" && "Windows has no signals";
if (way === undefined && !unless(noSignals, "killed")) delete WAYS.killed;

if (way !== undefined) {
  process.on("exit", (code) => writeSync(1, `exit handler ${code}\n`));
  for (let i = 0; i < scaled(1000); i++) {
    new RawGreenlet(() => {
      try {
        park({ i });
      } finally {
        writeSync(1, "a parked greenlet went on\n"); // its stack must not be unwound
      }
    }).switch();
  }
  WAYS[way][0]();
} else {
  const me = fileURLToPath(import.meta.url);
  for (const [name, [, expected, stderr]] of Object.entries(WAYS)) {
    const child = spawn(process.execPath, [...process.execArgv, me, name], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    let errors = "";
    child.stdout.on("data", (data) => (output += data));
    child.stderr.on("data", (data) => (errors += data));
    const ended = await new Promise((resolve) =>
      child.on("close", (code, signal) => resolve(signal ?? code)),
    );
    check(ended === expected, `${name}: ended with ${ended}, not ${expected}\n${output}${errors}`);
    if (stderr !== null) {
      const seesZero = name.startsWith("exit handler") || name.includes("inside an exit");
      same(output, `exit handler ${seesZero ? 0 : expected}\n`, name);
    }
    check(stderr ? errors.includes(stderr) : errors === "", `${name}: ${errors}`);
  }
  pass(3 * Object.keys(WAYS).length - 4);
}
