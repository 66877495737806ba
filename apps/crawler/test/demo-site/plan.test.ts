import { describe, expect, it } from "vitest";
import { Plan } from "../../src/demo-site/plan.js";

const plan = new Plan({ port: 8080 });

describe("Plan", () => {
  it("has the promised size", () => {
    expect(plan.hosts).toHaveLength(24);
    expect(plan.hosts[0]).toBe("http://127.0.0.10:8080");
    expect(plan.hosts[23]).toBe("http://127.0.0.33:8080");
    expect(plan.expected.pages.size).toBe(2_420);
  });

  it("declares counts that tests can hold a crawl against", () => {
    const { statuses, errorCounts, retryCount, skipped, neverRequested } = plan.expected;
    expect(statuses).toEqual({ "2xx": 2_420, "3xx": 2, "4xx": 2, "5xx": 1 });
    expect(errorCounts).toEqual({
      "redirect-loop": 4,
      "too-many-redirects": 1,
      "bad-redirect": 4,
      "connection-reset": 2,
      "connection-refused": 2,
      "body-too-large": 6,
      "bad-encoding": 1,
      protocol: 3,
      tls: 1,
      "robots-unreachable": 1,
    });
    expect(retryCount).toBe(14);
    expect(skipped).toEqual({
      "bad-url": 1,
      known: 1,
      nofollow: 4,
      "repeated-segments": 1,
      robots: 12,
      "same-content": 2,
      "unsupported-scheme": 2,
      "url-too-long": 1,
    });
    expect(neverRequested.size).toBe(122);
  });

  it("answers every page it promises, and takes its time by the URL alone", () => {
    const same = new Plan({ port: 8080 });
    for (const url of plan.expected.pages) {
      expect(["page", "file", "raw"], url).toContain(plan.route(url)?.kind);
      expect(plan.latency(url)).toBe(same.latency(url));
      expect(plan.latency(url)).toBeGreaterThanOrEqual(5);
    }
    expect(plan.route("http://127.0.0.10:8080/nothing")).toBe(undefined);
  });

  it("never expects a request it forbids", () => {
    for (const url of plan.expected.neverRequested)
      expect(plan.expected.pages.has(url), url).toBe(false);
  });
});
