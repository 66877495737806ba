import { run, sleep, spawn } from "greenlit";
import { describe, expect, it } from "vitest";
import type { Exchange } from "../../src/archive/exchange.js";
import { beginExchange, Recorder } from "../../src/archive/recorder.js";
import type { Outputs } from "../../src/outputs.js";
import type { Entry } from "../../src/schedule.js";
import { Event } from "greenlit";
import { temporaryFolder } from "../folder.js";

const entry = (): Entry =>
  ({ url: "http://a/", referrer: "http://b/", depth: 2, attempts: 1 }) as Entry;

interface Kept {
  readonly recorder: Recorder;
  readonly exchanges: Exchange[];
  readonly dirty: Event;
  readonly archive: { readonly folder: string; written: number; readonly wrote: Event };
}

function keeping(): Kept {
  const archive = { folder: temporaryFolder(), written: 0, wrote: new Event() };
  const exchanges: Exchange[] = [];
  const outputs = {
    get: () => archive,
    write: (_: string, exchange: Exchange) => exchanges.push(exchange),
  } as unknown as Outputs;
  const dirty = new Event();
  return { recorder: new Recorder(outputs, dirty), exchanges, archive, dirty };
}

function fetched(path: string, size = 3): Exchange {
  const exchange = beginExchange({ url: new URL(path, "http://a/"), headers: {}, proxy: null })!;
  const chunks = [Buffer.alloc(size), null];
  const body = { read: () => chunks.shift()!, bytes: () => Buffer.alloc(0), destroy: () => {} };
  const response = { status: 200, statusText: "", headers: {}, rawHeaders: [], body };
  exchange.answered(response).bytes();
  return exchange;
}

describe("Recorder", () => {
  it("hands over what a visit fetched when it has ended, with how it came", async () => {
    await run(() => {
      const { recorder, exchanges } = keeping();
      recorder.during(entry(), () => {
        fetched("/1");
        fetched("/2");
        expect(exchanges).toEqual([]);
      });
      expect(exchanges.map(({ url, origin }) => [url, origin])).toEqual([
        ["http://a/1", { via: "http://b/", path: "LL" }],
        ["http://a/2", { via: "http://a/1", path: "LLR" }],
      ]);
      expect(beginExchange({ url: new URL("http://a/"), headers: {}, proxy: null })).toBe(null);
      recorder.close();
    });
  });

  it("forgets a visit that is given back, and what had no answer", async () => {
    await run(() => {
      const { recorder, exchanges } = keeping();
      const returned = entry();
      recorder.during(returned, () => {
        fetched("/1");
        returned.attempts--; // as `giveBack` does
      });
      recorder.during(entry(), () => {
        beginExchange({ url: new URL("http://a/"), headers: {}, proxy: null });
      });
      expect(exchanges).toEqual([]);
      recorder.close();
    });
  });

  it("wants a commit for what it hands over, though nothing else has changed", async () => {
    await run(() => {
      const { recorder, dirty } = keeping();
      recorder.during(null, () => fetched("/robots.txt"));
      expect(dirty.isSet).toBe(true);
      recorder.close();
    });
  });

  it("knows sitemaps, which come before the seeds", async () => {
    await run(() => {
      const { recorder, exchanges } = keeping();
      recorder.during({ ...entry(), depth: -1 }, () => fetched("/sitemap.xml"));
      expect(exchanges[0]!.origin.path).toBe("");
      recorder.close();
    });
  });

  it("keeps what was fetched before a visit failed", async () => {
    await run(() => {
      const { recorder, exchanges } = keeping();
      const visit = (): void => {
        fetched("/1");
        throw new Error("failed");
      };
      expect(() => recorder.during(entry(), visit)).toThrow("failed");
      expect(exchanges).toHaveLength(1);
      recorder.close();
    });
  });

  it("waits when too much is not written yet", async () => {
    await run(() => {
      const { recorder, exchanges, archive } = keeping();
      recorder.during(null, () => fetched("/1", 70_000_000));
      const next = spawn(() => recorder.during(null, () => fetched("/2")));
      sleep(20);
      expect(exchanges).toHaveLength(1);
      archive.written = 70_000_000;
      archive.wrote.set();
      next.join();
      expect(exchanges).toHaveLength(2);
      for (const { payload } of exchanges) payload.close();
      recorder.close();
    });
  });
});
