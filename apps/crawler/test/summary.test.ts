import { describe, expect, it } from "vitest";
import { formatBytes, formatSummary, Statistics } from "../src/summary.js";
import { record } from "./record.js";

describe("Statistics", () => {
  it("counts pages by status class and failures by code", () => {
    const statistics = new Statistics();
    for (const status of [200, 204, 301, 404, 500])
      statistics.count(record({ status, bytes: 100 }));
    for (const error of ["timeout", "timeout", "dns"] as const) statistics.count(record({ error }));
    statistics.skipped.add("robots");
    statistics.skipped.add("robots", 2);
    statistics.retries = 4;
    const summary = statistics.summary({
      interrupted: false,
      limit: null,
      hosts: 3,
      peakInFlight: 9,
      heldBack: {},
    });
    expect(summary).toMatchObject({
      pages: 5,
      failed: 3,
      statuses: { "2xx": 2, "3xx": 1, "4xx": 1, "5xx": 1 },
      errors: { dns: 1, timeout: 2 },
      skipped: { robots: 3 },
      retries: 4,
      hosts: 3,
      bytes: 500,
      peakInFlight: 9,
      heldBack: {},
      interrupted: false,
    });
  });
});

describe("formatSummary", () => {
  it("says everything on a few lines", () => {
    const text = formatSummary({
      interrupted: false,
      limit: null,
      pages: 12,
      failed: 1,
      statuses: { "2xx": 11, "4xx": 1 },
      errors: { timeout: 1 },
      skipped: { "same-content": 3 },
      retries: 2,
      hosts: 3,
      bytes: 123_456,
      peakInFlight: 5,
      heldBack: { "a.example": "250 ms between two requests: it answered 429 or 503" },
      durationMs: 2_000,
      pagesPerSecond: 6,
    });
    expect(text).toBe(`Crawl finished
  pages           12 in 2.0 s (6 pages/s)
  status          2xx 11, 4xx 1
  failed          1 (timeout 1)
  skipped         same-content 3
  retries         2
  hosts           3
  received        123.5 kB
  peak in flight  5
  not followed    what seems to have no end: same-content (--trap same-content=n goes further)
  held back       a.example, 250 ms between two requests: it answered 429 or 503
`);
  });
});

describe("formatBytes", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1_000, "1.0 kB"],
    [12_345_678, "12.3 MB"],
    [5e12, "5.0 TB"],
    [5e15, "5000.0 TB"],
  ])("%s is %s", (bytes, expected) => {
    expect(formatBytes(bytes)).toBe(expected);
  });
});
