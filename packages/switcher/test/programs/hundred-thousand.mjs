// A hundred thousand greenlets are parked in one process; then all of them go on and end.
import { RawGreenlet, report } from "@greenlit/switcher";
import { check, collect, pass, scaled } from "@greenlit/testing/program";
import { park } from "../support/switcher.mjs";

const COUNT = scaled(100_000);
const before = process.memoryUsage().rss;
let ended = 0;
const greenlets = Array.from({ length: COUNT }, (_, i) => {
  const greenlet = new RawGreenlet(() => {
    const mine = { i };
    const got = park(i);
    if (mine.i === i && got === -i) ended++;
  });
  check(greenlet.switch() === i, "it runs up to where it parks");
  return greenlet;
});
const each = (process.memoryUsage().rss - before) / COUNT / 1024;
console.log(`${COUNT} parked, ${each.toFixed(1)} KB each, guard: ${report().guard}`);
// An OS thread needs more memory.
const { driver } = report();
check(each < 16 || COUNT < 50_000 || driver === "thread", `a parked greenlet takes ${each} KB`);
collect("minor");
collect();
for (let i = 0; i < COUNT; i++) greenlets[i].switch(-i);
check(ended === COUNT, `${ended} of ${COUNT} ended as they should`);
check(report().idle >= COUNT, "their stacks wait for the next");
pass(COUNT + 2);
