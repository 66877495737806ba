import { describe, expect, it } from "vitest";
import { parseHttpDate } from "../src/http-date.js";

const NOW = Date.UTC(2026, 0, 1);

describe("parseHttpDate", () => {
  it.each([
    "Sun, 06 Nov 1994 08:49:37 GMT",
    "Sunday, 06-Nov-94 08:49:37 GMT",
    "Sun Nov  6 08:49:37 1994",
  ])("reads %j, in GMT wherever the machine is", (text) => {
    expect(parseHttpDate(text, NOW)).toBe(784_111_777_000);
  });

  it("takes two digits for a year that is at most 50 years away", () => {
    const yearOf = (digits: string): number =>
      new Date(parseHttpDate(`Sunday, 06-Nov-${digits} 08:49:37 GMT`, NOW)!).getUTCFullYear();
    expect(["26", "76", "77", "99"].map(yearOf)).toEqual([2026, 2076, 1977, 1999]);
  });

  it.each([
    "-1",
    "1994",
    "Sun, 6 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 08:49:37",
    "Sun, 06 Nov 1994 08:49:37 +0100",
    "Sun, 31 Feb 1994 08:49:37 GMT",
    "Sun, 06 Foo 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 24:49:37 GMT",
    "1994-11-06T08:49:37Z",
  ])("takes %j for no date", (text) => {
    expect(parseHttpDate(text, NOW)).toBe(null);
  });
});
