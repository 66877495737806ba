// The system refuses memory for one more stack. The switch throws, the greenlet stays new, and all
// others go on. When a stack becomes idle, the same greenlet can start. It runs in a child process
// with a small address space.
import {
  GreenletExit,
  RawGreenlet,
  StackExhaustedError,
  current,
  report,
  root,
} from "@greenlit/switcher";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { check, collect, pass, thrownBy, unless } from "@greenlit/testing/program";
import { noProc, park } from "../support/switcher.mjs";

const ADDITIONAL_KB = 600 * 1024;

if (!unless(noProc, "a process with little address space")) {
  pass(0);
} else if (process.argv[2] === undefined) {
  new RawGreenlet(() => {}).switch();
  collect();
  const size = Number(/^VmSize:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))[1]);
  const { stdout, stderr, status } = spawnSync(
    "sh",
    [
      "-c",
      'ulimit -v "$1"; shift; exec "$@"',
      "sh",
      `${size + ADDITIONAL_KB}`,
      process.execPath,
    ].concat(process.execArgv, fileURLToPath(import.meta.url), "child"),
    { encoding: "utf8" },
  );
  check(status === 0 && stdout === "pass\n", `the child: ${status} ${stdout}${stderr}`);
  pass(1);
} else {
  const parked = [];
  let failed;
  let error;
  while (error === undefined && parked.length < 2000) {
    const greenlet = new RawGreenlet((v) => {
      for (;;) v = park(v + 1);
    });
    try {
      check(greenlet.switch(1) === 2, "a greenlet while there are stacks");
      parked.push(greenlet);
    } catch (e) {
      failed = greenlet;
      error = e;
    }
  }
  check(error instanceof StackExhaustedError, `${parked.length} stacks, then ${error}`);
  check(
    error.code === "ERR_GREENLIT_STACK_EXHAUSTED" && error.message.includes("address space"),
    error.message,
  );
  check(!failed.started && !failed.dead && current() === root(), "nothing has changed");
  check(thrownBy(() => failed.switch(1), "again") instanceof StackExhaustedError, "again");

  // One greenlet ends; the one that could not start gets its stack.
  const boom = new Error("make room");
  check(thrownBy(() => parked.pop().throw(boom), "one that ends") === boom, "its error");
  check(failed.switch(1) === 2 && failed.started, "it starts now");
  check(report().idle === 0, "no stack is left again");

  // A parent that never started gets the stack of the child that ends.
  parked[0].parent = new RawGreenlet((value) => value.code);
  check(parked[0].throw(new GreenletExit()) === "ERR_GREENLIT_EXIT", "a new parent");
  collect();
  check(
    parked.slice(1).every((greenlet, n) => greenlet.switch(n) === n + 1),
    "all the others",
  );
  pass(parked.length);
}
