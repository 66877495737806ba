import { describe, expect, it } from "vitest";
import { type CrawlOptions, DEFAULTS, resolveOptions } from "../src/options.js";

describe("resolveOptions", () => {
  it("fills in the defaults, also for what is undefined", () => {
    expect(resolveOptions({ seeds: ["x"] })).toEqual({ ...DEFAULTS, seeds: ["x"] });
    const given = { seeds: [], concurrency: 3, timeout: undefined } as unknown as CrawlOptions;
    expect(resolveOptions(given)).toMatchObject({ concurrency: 3, timeout: DEFAULTS.timeout });
  });

  it("reads durations and sizes with units", () => {
    const given = { delay: "1.5s", maxTime: "1h", bodyLimit: "5MB", maxBytes: 100 };
    expect(resolveOptions({ seeds: [], ...given })).toMatchObject({
      delay: 1_500,
      maxTime: 3_600_000,
      bodyLimit: 5_000_000,
      maxBytes: 100,
    });
  });

  it("says what is wrong with which", () => {
    const wrong = { seeds: [], scope: "galaxy" } as unknown as CrawlOptions;
    expect(() => resolveOptions(wrong)).toThrow(
      'scope must be one of host, domain, any, not "galaxy"',
    );
    expect(() => resolveOptions({ seeds: [], delay: "soon" })).toThrow(
      'delay must be 0 ms or more, such as 500, "30s" or "1h30m", not "soon"',
    );
  });

  it("refuses numbers out of range", () => {
    for (const wrong of [
      { concurrency: 0 },
      { perHost: NaN },
      { delay: -1 },
      { timeout: 0 },
      { retries: -1 },
      { traps: { maxSameness: 0 } },
      { traps: { maxLove: 5 } },
    ]) {
      expect(() => resolveOptions({ seeds: [], ...wrong }), JSON.stringify(wrong)).toThrow(
        RangeError,
      );
    }
  });
});
