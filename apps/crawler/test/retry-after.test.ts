import { describe, expect, it } from "vitest";
import { parseRetryAfter } from "../src/retry-after.js";

const NOW = Date.parse("Wed, 21 Oct 2026 07:28:00 GMT");

describe("parseRetryAfter", () => {
  it.each([
    ["5", 5_000],
    [" 0 ", 0],
    ["Wed, 21 Oct 2026 07:28:30 GMT", 30_000],
    ["Wed, 21 Oct 2026 07:27:00 GMT", 0],
    ["86400", 120_000],
    ["soon", null],
    ["", null],
    [undefined, null],
  ])("%j is %j ms", (value, expected) => {
    expect(parseRetryAfter(value, NOW)).toBe(expected);
  });
});
