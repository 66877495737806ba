// Raw greenlets: prints nanoseconds of a one-way switch in several situations, and of a short life;
// or of those that a second argument names.
import { current, RawGreenlet } from "greenlit/switcher";
import { count, nanoseconds } from "./time.js";

const main = current();

function down<T>(depth: number, fn: () => T): T {
  return depth === 0 ? fn() : down(depth - 1, fn);
}

function loop(): never {
  for (;;) main.switch();
}

function oneWay(n: number, depth: number): number {
  const partner = new RawGreenlet(() => down(depth, loop));
  partner.switch();
  const trips = (n: number): void => {
    for (let i = 0; i < n; i++) partner.switch();
  };
  return down(depth, () => nanoseconds(n, trips)) / 2;
}

function ring(n: number, size: number): number {
  const members = Array.from({ length: size }, () => new RawGreenlet(loop));
  const laps = (n: number): void => {
    for (let i = 0; i < n; i++) for (const member of members) member.switch();
  };
  laps(1);
  return nanoseconds(Math.ceil(n / size), laps) / size / 2;
}

function create(n: number): void {
  for (let i = 0; i < n; i++) new RawGreenlet(() => {}).switch();
}

const n = count(150_000);
const measurements: Record<string, () => number> = {
  shallow: () => oneWay(n, 0),
  deep50: () => oneWay(n, 50),
  deep200: () => oneWay(n, 200),
  create: () => nanoseconds(n, create),
  ring10: () => ring(n, 10),
  ring1000: () => ring(n, 1000),
  ring10000: () => ring(n, 10_000),
};
const wanted = process.argv[3]?.split(",") ?? Object.keys(measurements);
console.log(JSON.stringify(Object.fromEntries(wanted.map((key) => [key, measurements[key]?.()]))));
