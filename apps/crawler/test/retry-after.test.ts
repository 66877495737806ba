import { describe, expect, it } from "vitest";
import { parseRetryAfter } from "../src/retry-after.js";

const NOW = Date.parse("Wed, 21 Oct 2026 07:28:00 GMT");

describe("parseRetryAfter", () => {
  it.each([
    ["5", 5_000],
    [" 0 ", 0],
    ["Wed, 21 Oct 2026 07:28:30 GMT", 30_000],
    ["Wednesday, 21-Oct-26 07:28:30 GMT", 30_000],
    ["Wed Oct 21 07:28:30 2026", 30_000],
    ["Wed, 21 Oct 2026 07:27:00 GMT", 0],
    ["86400", 120_000],
    ["9".repeat(400), 120_000],
    ["5, 5", 5_000],
    ["5, 7", 7_000],
    ["120;", null],
    ['"10"', null],
    ["-1", null],
    ["1.5", null],
    ["+3", null],
    ["1e3", null],
    ["60s", null],
    ["2 120", null],
    ["0x10", null],
    ["soon", null],
    ["2026", 120_000],
    ["2026-10-21", null],
    ["Wed, 21 Oct 2026 07:28:30 PST", null],
    ["", null],
    [undefined, null],
  ])("%j is %j ms", (value, expected) => {
    expect(parseRetryAfter(value, NOW)).toBe(expected);
  });
});
