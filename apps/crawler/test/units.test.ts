import { describe, expect, it } from "vitest";
import {
  exactDuration,
  exactSize,
  formatDuration,
  parseDuration,
  parseSize,
} from "../src/units.js";

it.each([
  ["500", 500],
  ["1.5", 1.5],
  ["500ms", 500],
  ["1.5s", 1_500],
  ["30S", 30_000],
  ["10m", 600_000],
  ["10min", 600_000],
  ["1h30m", 5_400_000],
  ["2d", 172_800_000],
  ["0", 0],
  ["", null],
  ["s", null],
  ["-1s", null],
  ["1e3", null],
  ["1 s", null],
  ["1.2.3s", null],
  ["5 apples", null],
  ["5y", null],
  ["5constructor", null],
  [`${"1".repeat(100_000)}!`, null],
])("reads the duration %s as %s ms", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

it.each([
  ["5000", 5_000],
  ["500kB", 500_000],
  ["10MB", 10_000_000],
  ["10 mb", 10_000_000],
  ["1.5KiB", 1_536],
  ["1GiB", 1_073_741_824],
  ["1b", 1],
  ["", null],
  ["MB", null],
  ["-1", null],
  ["1XB", null],
  ["1toString", null],
])("reads the size %s as %s bytes", (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

it.each([
  [0, "0 s"],
  [1, "1 s"],
  [59_000, "59 s"],
  [59_001, "1 min"],
  [3_540_001, "1 h"],
  [7_500_000, "2 h 5 min"],
  [172_800_000, "2 d"],
  [180_000_000, "2 d 2 h"],
])("tells people of %s ms as %s", (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

describe("what it writes exactly", () => {
  it.each([
    [0, "0ms"],
    [500, "500ms"],
    [1_500, "1500ms"],
    [30_000, "30s"],
    [5_400_000, "90m"],
  ])("reads %s ms again", (ms, text) => {
    expect(exactDuration(ms)).toBe(text);
    expect(parseDuration(text)).toBe(ms);
  });

  it.each([
    [500, "500"],
    [5_000, "5kB"],
    [10_485_760, "10MiB"],
  ])("reads %s bytes again", (bytes, text) => {
    expect(exactSize(bytes)).toBe(text);
    expect(parseSize(text)).toBe(bytes);
  });
});
