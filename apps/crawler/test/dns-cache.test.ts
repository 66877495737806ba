import type { LookupAddress } from "node:dns";
import { describe, expect, it } from "vitest";
import { DnsCache, type LookupAll } from "../src/dns-cache.js";

const ADDRESS: LookupAddress[] = [{ address: "192.0.2.1", family: 4 }];

function cacheOf(fails = false): {
  ask: (host: string, family?: number) => Promise<unknown>;
  asked: string[];
  clock: { now: number };
} {
  const asked: string[] = [];
  const clock = { now: 0 };
  const resolver: LookupAll = (host, _, callback) => {
    asked.push(host);
    setImmediate(() => (fails ? callback(new Error("ENOTFOUND"), []) : callback(null, ADDRESS)));
  };
  const cache = new DnsCache(resolver, () => clock.now);
  const ask = (host: string, family = 0): Promise<unknown> =>
    new Promise((resolve) =>
      cache.lookup(host, { all: true, family }, (error, addresses) => resolve(error ?? addresses)),
    );
  return { ask, asked, clock };
}

describe("DnsCache", () => {
  it("asks once for all who want to know at a time, and for each family alone", async () => {
    const { ask, asked } = cacheOf();
    const answers = await Promise.all([ask("a.example"), ask("a.example"), ask("b.example")]);
    expect(answers).toEqual([ADDRESS, ADDRESS, ADDRESS]);
    await ask("a.example");
    expect(asked).toEqual(["a.example", "b.example"]);
    await ask("a.example", 6);
    expect(asked).toHaveLength(3);
  });

  it("asks again after a minute, and sooner after a failure", async () => {
    for (const [fails, lifetime] of [
      [false, 60_000],
      [true, 5_000],
    ] as const) {
      const { ask, asked, clock } = cacheOf(fails);
      await ask("a.example");
      clock.now = lifetime - 1;
      await ask("a.example");
      expect(asked).toHaveLength(1);
      clock.now = lifetime;
      await ask("a.example");
      expect(asked).toHaveLength(2);
    }
  });
});
