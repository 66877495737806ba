import { expect, it } from "vitest";
import {
  bytes,
  clock,
  duration,
  number,
  percent,
  roundUp,
  short,
} from "../../../src/dashboard/page/format.js";

it("writes numbers for people", () => {
  expect([0, 999, 1_234_567.8].map(number)).toEqual(["0", "999", "1,234,568"]);
  expect([0, 0.123_4, 12.34, 1_234, 5_678_901].map(short)).toEqual([
    ...["0", "0.123", "12.3", "1.23K", "5.68M"],
  ]);
  expect([0, 999, 1_000, 1_234_567, 5e15].map(bytes)).toEqual([
    ...["0 B", "999 B", "1.0 kB", "1.2 MB", "5000.0 TB"],
  ]);
});

it("writes times for people", () => {
  const times = [0, 0.42, 0.97, 7.4, 999, 1_250, 59_940, 185_000, 3_723_000];
  expect(times.map(duration)).toEqual([
    ...["0 ms", "0.4 ms", "1 ms", "7 ms", "999 ms", "1.25 s", "59.9 s", "3:05", "1:02:03"],
  ]);
  expect([0, 7_900, 3_600_000].map(clock)).toEqual(["0:00", "0:07", "1:00:00"]);
});

it("writes shares, and finds round numbers above", () => {
  expect([percent(0, 0), percent(0, 5), percent(1, 300), percent(1, 2)]).toEqual([
    ...["", "0 %", "0.3 %", "50 %"],
  ]);
  expect([0, 0.03, 1, 1.1, 2, 37, 99, 100, 501].map(roundUp)).toEqual([
    ...[1, 0.05, 1, 2, 2, 50, 100, 100, 1_000],
  ]);
});
