// Ten thousand greenlets at once: what one costs, that all keep their state, and that their stacks
// are used again.
import { RawGreenlet, report } from "@greenlit/switcher";
import { readFileSync } from "node:fs";
import { check, collect, pass, same, scaled, unless } from "@greenlit/testing/program";
import { noProc, park } from "../support/switcher.mjs";

const COUNT = scaled(10_000);

/** Bytes of this process in memory that no other process has. */
function resident() {
  if (noProc) return 0;
  const text = readFileSync("/proc/self/smaps_rollup", "utf8");
  return Number(/^Private_Dirty:\s+(\d+)/m.exec(text)[1]) * 1024;
}

new RawGreenlet(() => {}).switch();
collect();
const before = resident();

let ended = 0;
const body = (number) => {
  let sum = number;
  for (let i = 0; i < 3; i++) sum += park({ number, sum });
  ended++;
  return sum;
};
const greenlets = Array.from({ length: COUNT }, () => new RawGreenlet(body));
greenlets.forEach((greenlet, number) => {
  const { number: seen, sum } = greenlet.switch(number);
  check(seen === number && sum === number, "its first words");
});
collect();
const each = (resident() - before) / COUNT;
const few = COUNT < 5000 && "shows only with many, where V8 does no extra work";
if (unless(noProc || few, "what a greenlet costs"))
  check(each < 16 * 1024, `${Math.round(each)} bytes for each parked greenlet`);
check(report().stacks - report().idle >= COUNT, "a stack each");

for (let round = 0; round < 3; round++) {
  // A stride that visits all, so that neighbours are resumed far apart.
  for (let i = 0; i < COUNT; i++) {
    const number = (i * 7919) % COUNT;
    const answer = greenlets[number].switch(round);
    const sum = number + (round * (round + 1)) / 2;
    if (round < 2) same(answer, { number, sum }, `round ${round}`);
    else check(answer === sum, "the result");
  }
}
check(ended === COUNT && greenlets.every((greenlet) => greenlet.dead), "all have ended");

// A second generation needs no new stack.
const { stacks } = report();
const second = greenlets.map(() => new RawGreenlet(body));
second.forEach((greenlet, number) => greenlet.switch(number));
same(report().stacks, stacks, "stacks after a second generation");
check(report().idle < stacks, "they are in use");
pass(COUNT * 4);
