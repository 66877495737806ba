import { describe, expect, it } from "vitest";
import { RequestLog } from "../../src/demo-site/log.js";

describe("RequestLog", () => {
  it("counts requests by URL, and the most at once by origin", () => {
    const log = new RequestLog();
    expect(log.begin("http://a", "http://a/1")).toBe(0);
    expect(log.begin("http://a", "http://a/1")).toBe(1);
    log.begin("http://b", "http://b/1");
    log.end("http://a");
    log.begin("http://a", "http://a/2");
    expect(log.report()).toEqual({
      requests: { "http://a/1": 2, "http://a/2": 1, "http://b/1": 1 },
      maxConcurrent: { "http://a": 2, "http://b": 1 },
    });
  });
});
