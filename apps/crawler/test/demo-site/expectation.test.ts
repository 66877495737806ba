import { describe, expect, it } from "vitest";
import { Expectation } from "../../src/demo-site/expectation.js";

describe("Expectation", () => {
  it("adds up what is declared", () => {
    const expected = new Expectation();
    expected.page("http://a/").page("http://a/").page("http://a/1").never("http://a/2");
    expected
      .error("http://a/3", "timeout")
      .error("http://a/4", "timeout")
      .error("http://a/5", "dns");
    expected
      .status("3xx")
      .status("3xx", 2)
      .skip("robots", 1)
      .skip("robots", 1)
      .retries(1)
      .retries(2);
    expect(expected.statuses).toEqual({ "2xx": 2, "3xx": 3 });
    expect(expected.errorCounts).toEqual({ timeout: 2, dns: 1 });
    expect(expected.skipped).toEqual({ robots: 2 });
    expect(expected.retryCount).toBe(3);
    expect(expected.neverRequested).toEqual(new Set(["http://a/2"]));
  });
});
