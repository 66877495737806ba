import { describe, expect, it } from "vitest";
import { type CrawlOptions, DEFAULTS, resolveOptions } from "../src/options.js";

describe("resolveOptions", () => {
  it("fills in the defaults, also for what is undefined", () => {
    expect(resolveOptions({ seeds: ["x"] })).toEqual({ ...DEFAULTS, seeds: ["x"] });
    const given = { seeds: [], concurrency: 3, timeout: undefined } as unknown as CrawlOptions;
    expect(resolveOptions(given)).toMatchObject({ concurrency: 3, timeout: DEFAULTS.timeout });
  });

  it("refuses numbers out of range", () => {
    for (const wrong of [
      { concurrency: 0 },
      { perHost: NaN },
      { delay: -1 },
      { timeout: 0 },
      { retries: -1 },
    ]) {
      expect(() => resolveOptions({ seeds: [], ...wrong }), JSON.stringify(wrong)).toThrow(
        RangeError,
      );
    }
  });
});
