import { describe, expect, it } from "vitest";
import { Manners } from "../src/manners.js";

const HOST = "a.example";
const manners = (delay = 0): Manners => new Manners({ delay, retryDelay: 500 });

describe("Manners", () => {
  it("leaves a host alone for longer and longer, then gives it up for some minutes", () => {
    const hosts = manners();
    const pauses = [0, 10_000, 20_000, 30_000].map((now) =>
      hosts.failed(HOST, "timeout", now, now + 1),
    );
    expect(pauses).toEqual([0, 500, 1_000, 2_000]);
    expect(hosts.givenUp(HOST, 30_002)).toBe(null);
    hosts.failed(HOST, "timeout", 40_000, 40_001);
    expect(hosts.givenUp(HOST, 40_002)).toMatchObject({
      code: "timeout",
      message: "a.example is given up: 5 requests in a row failed (timeout)",
    });
    expect(hosts.givenUp("other.example", 40_002)).toBe(null);
    // Later it gets one chance more.
    expect(hosts.givenUp(HOST, 400_000)).toBe(null);
    hosts.failed(HOST, "timeout", 400_000, 400_001);
    expect(hosts.givenUp(HOST, 400_002)).not.toBe(null);
  });

  it("counts one failure of those that were under way together, and none before an answer", () => {
    const hosts = manners();
    for (let i = 0; i < 20; i++) hosts.failed(HOST, "connection-reset", 0, 100 + i);
    expect(hosts.givenUp(HOST, 200)).toBe(null);
    for (let now = 1_000; now < 100_000; now += 1_000) {
      hosts.failed(HOST, "connection-reset", now, now + 1);
      if (now % 3_000 === 0) hosts.answered(HOST, 200, 10);
    }
    expect(hosts.givenUp(HOST, 100_000)).toBe(null);
  });

  it("slows dkind when asked to, and takes up speed again", () => {
    const hosts = manners();
    const delay = (): number => hosts.delay(HOST);
    expect([delay(), hosts.reason(HOST)]).toEqual([0, null]);
    const delays = [429, 503, 429].map((status) => (hosts.answered(HOST, status, 10), delay()));
    expect(delays).toEqual([250, 500, 1_000]);
    expect(hosts.reason(HOST)).toBe("it answered 429 or 503");
    for (let i = 0; i < 20; i++) hosts.answered(HOST, 429, 10);
    expect(delay()).toBe(30_000);
    hosts.answered(HOST, 200, 10);
    expect(delay()).toBe(27_000);
    for (let i = 0; i < 200; i++) hosts.answered(HOST, 404, 10);
    expect(delay()).toBe(0);
  });

  it("gives a host time whose answers take long", () => {
    const hosts = manners();
    for (let i = 0; i < 30; i++) hosts.answered(HOST, 200, 1_500);
    expect(hosts.delay(HOST)).toBe(0);
    for (let i = 0; i < 30; i++) hosts.answered(HOST, 200, 8_000);
    expect(hosts.delay(HOST)).toBeGreaterThan(3_500);
    expect(hosts.reason(HOST)).toBe("answers take 8.0 s");
  });

  it("says which of several reasons counts", () => {
    const hosts = manners(50);
    hosts.learnCrawlDelay(HOST, 20);
    expect([hosts.delay(HOST), hosts.reason(HOST)]).toEqual([50, "--delay"]);
    hosts.learnCrawlDelay(HOST, 70);
    expect([hosts.delay(HOST), hosts.reason(HOST)]).toEqual([70, "crawl-delay in robots.txt"]);
    hosts.learnCrawlDelay(HOST, null);
    expect(hosts.delay(HOST)).toBe(50);
  });

  it("needs no delay where the host says itself when to come again", () => {
    const hosts = manners();
    hosts.answered(HOST, 503, 10, true);
    expect([hosts.delay(HOST), hosts.reason(HOST)]).toEqual([0, null]);
  });

  it("tells of the hosts that are held back, each with its reason", () => {
    const hosts = manners();
    hosts.answered("fine.example", 200, 10);
    hosts.answered("busy.example", 429, 10);
    for (let now = 0; now < 50; now += 10) hosts.failed("dead.example", "dns", now, now + 1);
    expect(hosts.reasons(60, 10)).toEqual({
      "busy.example": "250 ms between two requests: it answered 429 or 503",
      "dead.example": "dead.example is given up: 5 requests in a row failed (dns)",
    });
    expect(Object.keys(hosts.reasons(60, 1))).toHaveLength(1);
  });

  it("tells a later run how it treats hosts, those that need it", () => {
    const before = manners();
    before.answered("ordinary.example", 200, 10);
    before.answered("busy.example", 429, 10);
    for (let i = 0; i < 20; i++) before.answered("slow.example", 200, 10_000);
    for (let now = 0; now < 5; now++) before.failed("dead.example", "timeout", now, now);
    const learnt = JSON.parse(JSON.stringify(before.learnt(1_000))) as ReturnType<
      Manners["learnt"]
    >;
    expect(learnt.map(([host]) => host)).toEqual(["busy.example", "slow.example", "dead.example"]);
    const after = manners();
    after.answered("slow.example", 200, 10); // which is known better by now
    after.relearn(learnt, 50, 60_000);
    expect(after.delay("busy.example")).toBe(250);
    expect(after.delay("slow.example")).toBe(0);
    const left = 300_004 - 1_000 - 60_000;
    expect(after.givenUp("dead.example", 50 + left - 1)).toMatchObject({ code: "timeout" });
    expect(after.givenUp("dead.example", 50 + left)).toBe(null);
  });
});
