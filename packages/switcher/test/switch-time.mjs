// Prints the nanoseconds of a one-way switch between two stacks: the best of nine runs, and all of
// them. It is no test: it checks nothing.
//  GREENLIT_SWITCHER=locker node switch-time.mjs
import { RawGreenlet, report, root } from "@greenlit/switcher";

const other = new RawGreenlet(() => {
  for (;;) root().switch();
});
other.switch();
const { driver } = report();
const count = driver === "thread" ? 5000 : 200_000;
const times = Array.from({ length: 9 }, () => {
  const start = performance.now();
  for (let n = 0; n < count; n++) other.switch();
  return Math.round(((performance.now() - start) * 1e6) / (2 * count));
}).toSorted((a, b) => a - b);
console.log(`Node ${process.versions.node} ${driver}: ${times[0]} ns (${times.join(" ")})`);
