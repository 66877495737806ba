// Endless recursion is a RangeError, on any stack, any number of times. A stack that went deep
// gives its memory back.
import { RawGreenlet, report } from "@greenlit/switcher";
import { readFileSync } from "node:fs";
import { check, collect, pass, thrownBy, unless } from "@greenlit/testing/program";
import { driver, noProc, park } from "../support/switcher.mjs";

// So many that their memory shows beside what else the process does meanwhile.
const STACKS = 60;

/**
 * Bytes of this process that are in memory; process.memoryUsage.rss() counts in batches on some
 * kernels.
 */
function resident() {
  if (noProc) return 0;
  return Number(/^Rss:\s+(\d+)/m.exec(readFileSync("/proc/self/smaps_rollup", "utf8"))[1]) * 1024;
}

let depth = 0;
const dive = () => {
  depth++;
  return dive() + 1;
};
const DIVES = {
  plain: dive,
  "through a builtin": function self() {
    return [1].map(self);
  },
  "through a getter": () =>
    ({
      get x() {
        return this.x;
      },
    }).x,
  "through a proxy": () => {
    const proxy = new Proxy({}, { get: (_, key) => proxy[key] + 1 });
    return proxy.x;
  },
  "through a regular expression": () => /(?:(?:a+)+)+$/.exec("a".repeat(20)) && dive(),
  "through JSON": () => {
    const object = { toJSON: () => JSON.stringify(object) };
    return JSON.stringify(object);
  },
  "through apply and spread": function self(...args) {
    return self.apply(null, [...args]);
  },
};

// Again and again on one greenlet, with others parked.
const bystander = new RawGreenlet(() => (park(), "unharmed"));
bystander.switch();
const diver = new RawGreenlet(() => {
  for (let round = 0; round < 4; round++) {
    for (const [name, fn] of Object.entries(DIVES)) {
      const error = thrownBy(fn, name);
      check(error instanceof RangeError, `${name}: ${error}`);
      park();
    }
    collect(round % 2 === 0 ? "minor" : "major");
  }
});
while (!diver.dead) diver.switch();
check(depth > 2000, `${depth} calls deep`);
check(thrownBy(dive, "on the root") instanceof RangeError, "the root has its own limit");
check(bystander.switch() === "unharmed", "a parked greenlet beside them");

// While greenlets are parked deep in many stacks, the memory is in use. When they have ended, it is
// given back.
const before = resident();
const wide = (n) => (n === 0 ? park() : wide(n - 1) + 1);
const deep = Array.from({ length: STACKS }, () => new RawGreenlet(() => void wide(3500)));
for (const greenlet of deep) greenlet.switch();
const most = resident();
const { trims } = report();
for (const greenlet of deep) greenlet.switch(0);
const after = resident();
check(
  deep.every((greenlet) => greenlet.dead),
  "all have ended",
);
const kept = driver() === "thread" && "a thread's stack is the system's while the thread lives";
if (unless(noProc || kept, "deep stacks give their memory back")) {
  const perStack = (most - before) / STACKS;
  check(perStack > 200e3, `a deep stack takes ${perStack} bytes`);
  check(
    report().trims - trims === STACKS,
    `${report().trims - trims} of ${STACKS} stacks were trimmed`,
  );
  // Each stack keeps a few whole pages for its next greenlet; on arm64 a page has up to 64 KB.
  const least = process.arch === "arm64" ? 0.5 : 0.8;
  check(after < most - least * (most - before), `${before} bytes, at most ${most}, then ${after}`);
}

// And they are as good as new.
for (const greenlet of deep.map(() => new RawGreenlet(() => thrownBy(dive, "again")))) {
  check(greenlet.switch() instanceof RangeError, "a used stack has its full depth");
}
pass(30 + STACKS);
