// N greenlets that sleep. `sleepers N`: prints milliseconds from the first spawn until all are
// joined, each having slept 1 to 50 ms, by the clock and of processor time; the first time in the
// process, and the median of the next four times.
// `sleepers N memory`: prints the KB that each holds while all are asleep.
import { joinAll, run, sleep, spawn } from "greenlit";
import { random } from "./random.js";
import { median } from "./time.js";

const n = Number(process.argv[2]);

/** Milliseconds, from 1 to 50. */
function naps(): () => number {
  const below = random();
  return () => 1 + below(50);
}

function once(): { clock: number; work: number } {
  const nap = naps();
  const start = performance.now();
  const used = process.cpuUsage();
  joinAll(Array.from({ length: n }, () => spawn(sleep, nap())));
  const { user, system } = process.cpuUsage(used);
  return { clock: performance.now() - start, work: (user + system) / 1000 };
}

function time(): Record<string, number> {
  const [first, ...rest] = Array.from({ length: 5 }, once);
  return {
    first: first?.clock ?? NaN,
    sleepers: median(rest.map(({ clock }) => clock)),
    work: median(rest.map(({ work }) => work)),
  };
}

function memory(): number {
  joinAll([spawn(sleep, 1)]); // what is made once is no part of a greenlet
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  let asleep = 0;
  const nap = naps();
  for (let i = 0; i < n; i++) {
    spawn(() => {
      asleep++;
      sleep(3_600_000 + nap());
    });
  }
  while (asleep < n) sleep(0);
  globalThis.gc?.();
  return (process.memoryUsage.rss() - before) / 1024 / n;
}

await run(() => {
  const result = process.argv[3] === "memory" ? { asleep: memory() } : time();
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit());
});
