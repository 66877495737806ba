import { Event, run, sleep, spawn } from "greenlit";
import { describe, expect, it } from "vitest";
import { Frontier, type FrontierOptions, type Lease, type SavedFrontier } from "../src/frontier.js";
import { MemoryStore } from "../src/memory-store.js";

function frontierOf(urls: readonly string[], options: Partial<FrontierOptions> = {}): Frontier {
  const frontier = new Frontier({ concurrency: 100, perHost: 2, ...options });
  for (const url of urls) {
    frontier.open(new URL(url).host, 0);
    frontier.add(new URL(url), 0, null);
  }
  return frontier;
}

const urls = (host: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `http://${host}/${i}`);

/**
 * Works until the crawl is finished, `ms` for each URL, and says what was in flight at most, for
 * each host and in all.
 */
function work(frontier: Frontier, ms = 5): { done: string[]; total: number; perHost: number } {
  const done: string[] = [];
  const inFlight = new Map<string, number>();
  const result = { done, total: 0, perHost: 0 };
  const visit = (lease: Lease): void => {
    const { host } = new URL(lease.entry.url);
    inFlight.set(host, (inFlight.get(host) ?? 0) + 1);
    result.perHost = Math.max(result.perHost, inFlight.get(host)!);
    result.total = Math.max(result.total, frontier.counts.leased);
    sleep(ms);
    inFlight.set(host, inFlight.get(host)! - 1);
    done.push(lease.entry.url);
    frontier.done(lease);
  };
  for (const lease of frontier) spawn(visit, lease);
  return result;
}

describe("Frontier", () => {
  it("hands out every URL once, so many at a time, and then ends", async () => {
    const all = [...urls("a", 10), ...urls("b", 10), ...urls("c", 10)];
    const frontier = frontierOf([...all, ...all], { concurrency: 5 });
    const { done, total } = await run(() => work(frontier));
    expect([...done].sort()).toEqual([...all].sort());
    expect(total).toBe(5);
    expect(frontier.counts).toEqual({
      pending: 0,
      leased: 0,
      peak: 5,
      done: 30,
      failed: 0,
      skipped: 0,
      hosts: 3,
    });
  });

  it("asks the store once for a URL, and forgets the answer when the URL gets known", () => {
    const store = new MemoryStore();
    const asked: string[] = [];
    const has = store.has.bind(store);
    store.has = (url) => asked.push(url) > 0 && has(url);
    const frontier = new Frontier({ concurrency: 1, perHost: 1 }, store);
    const url = new URL("http://a/new");
    for (let page = 0; page < 3; page++) expect(frontier.has(url.href)).toBe(false);
    expect(frontier.add(url, 0, null)).toBe(true);
    expect(asked).toEqual([url.href]);
    // So many others that only the store still knows it.
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 100_000; i++) frontier.add(new URL(`http://a/${round}/${i}`), 0, null);
      store.commit({ ...frontier.takeChanges(), states: {} });
      frontier.committed();
    }
    expect(frontier.has(url.href)).toBe(true);
    expect(asked.slice(-1)).toEqual([url.href]);
    expect(frontier.add(url, 0, null)).toBe(false);
  });

  it("asks a host for so many pages at a time", async () => {
    const frontier = frontierOf([...urls("a", 20), ...urls("b", 3)], { perHost: 3 });
    expect(await run(() => work(frontier))).toMatchObject({ total: 6, perHost: 3 });
  });

  it("asks a host for one page until it is known how fast it may be asked", async () => {
    const frontier = new Frontier({ concurrency: 100, perHost: 4 });
    for (const url of urls("a", 12)) frontier.add(new URL(url), 0, null);
    const seen: number[] = [];
    await run(() => {
      for (const lease of frontier) {
        spawn(() => {
          seen.push(frontier.counts.leased);
          sleep(5);
          frontier.open("a", 0);
          frontier.done(lease);
        });
      }
    });
    expect(seen[0]).toBe(1);
    expect(Math.max(...seen)).toBe(4);
  });

  it("waits for what is in flight: its links may be more work", async () => {
    const frontier = frontierOf(["http://a/0"]);
    const found: string[] = [];
    await run(() => {
      for (const lease of frontier) {
        spawn(() => {
          sleep(2);
          found.push(lease.entry.url);
          if (found.length < 5)
            frontier.add(new URL(`http://a/${found.length}`), 1, lease.entry.url);
          frontier.done(lease);
        });
      }
    });
    expect(found).toEqual(urls("a", 5));
  });

  it("keeps the delay between the starts of two requests", async () => {
    const frontier = frontierOf(urls("a", 4));
    frontier.open("a", 30);
    const starts: number[] = [];
    await run(() => {
      for (const lease of frontier) {
        starts.push(performance.now());
        frontier.done(lease);
      }
    });
    const gaps = starts.slice(1).map((at, i) => at - starts[i]!);
    expect(gaps).toHaveLength(3);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(30);
  });

  it("charges no delay for a URL that was not fetched", async () => {
    const frontier = frontierOf(urls("a", 4));
    const started = performance.now();
    await run(() => {
      const first = frontier.next()!;
      // As when the host's robots.txt, fetched for this URL, asks for it.
      frontier.open("a", 10_000);
      frontier.skip(first);
      frontier.skip(frontier.next()!);
      expect(frontier.next()!.entry.url).toBe("http://a/2");
    });
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it("leaves a host alone that asked for it, and goes on with the others", async () => {
    const frontier = frontierOf([...urls("a", 2), ...urls("b", 2)]);
    frontier.pause("a", 60, "it said so");
    frontier.pause("a", 10, "a shorter one does not count");
    expect([...frontier.hosts][0]).toMatchObject({ key: "a", pauseReason: "it said so" });
    const started = performance.now();
    const order: string[] = [];
    await run(() => {
      for (const lease of frontier) {
        order.push(lease.entry.url);
        frontier.done(lease);
      }
    });
    expect(order).toEqual(["http://b/0", "http://b/1", "http://a/0", "http://a/1"]);
    expect(performance.now() - started).toBeGreaterThanOrEqual(60);
  });

  it("hands out nothing while it is paused, and ends all the same when nothing is left", async () => {
    const frontier = frontierOf(urls("a", 2));
    await run(() => {
      frontier.done(frontier.next()!);
      frontier.paused = true;
      const waiting = spawn(() => frontier.next());
      sleep(30);
      expect(waiting.dead).toBe(false);
      frontier.paused = false;
      const lease = waiting.get()!;
      frontier.paused = true;
      const last = spawn(() => frontier.next());
      sleep(5);
      frontier.done(lease);
      expect(last.get()).toBe(null);
    });
  });

  it("takes other limits while it runs", async () => {
    const frontier = frontierOf(urls("a", 8), { perHost: 1 });
    frontier.add(new URL("http://unknown/1"), 0, null);
    frontier.add(new URL("http://unknown/2"), 0, null);
    await run(() => {
      const leased: string[] = [];
      const taking = spawn(() => {
        for (const { entry } of frontier) leased.push(new URL(entry.url).host);
      });
      sleep(5);
      expect(leased.toSorted()).toEqual(["a", "unknown"]);
      frontier.perHost = 3;
      sleep(5);
      // The other's robots.txt is not known yet.
      expect(leased.toSorted()).toEqual(["a", "a", "a", "unknown"]);
      frontier.concurrency = 4;
      frontier.perHost = 8;
      sleep(5);
      expect(leased).toHaveLength(4);
      frontier.concurrency = 6;
      sleep(5);
      expect(leased).toHaveLength(6);
      expect([frontier.concurrency, frontier.perHost]).toEqual([6, 8]);
      frontier.close();
      taking.join();
    });
  });

  it("gives a URL again after its backoff, not before, and counts it once", async () => {
    const frontier = frontierOf(["http://a/0"], { maxPages: 1 });
    const attempts: number[] = [];
    const started = performance.now();
    await run(() => {
      for (const lease of frontier) {
        attempts.push(lease.entry.attempts);
        if (attempts.length < 3) frontier.retry(lease, 20);
        else frontier.fail(lease);
      }
    });
    expect(attempts).toEqual([1, 2, 3]);
    expect(performance.now() - started).toBeGreaterThanOrEqual(40);
    expect(frontier.counts).toMatchObject({ done: 0, failed: 1, pending: 0 });
  });

  it("begins exactly so many pages, skipped ones not counting", async () => {
    const frontier = frontierOf([...urls("a", 20), ...urls("b", 20)], { maxPages: 7 });
    const done: string[] = [];
    await run(() => {
      for (const lease of frontier) {
        spawn(() => {
          sleep(1);
          if (lease.entry.url.endsWith("1")) return frontier.skip(lease);
          if (lease.entry.url.endsWith("2") && lease.entry.attempts === 1)
            return frontier.retry(lease, 1);
          done.push(lease.entry.url);
          frontier.done(lease);
        });
      }
    });
    expect(done).toHaveLength(7);
    const { skipped, pending } = frontier.counts;
    expect(pending).toBe(40 - 7 - skipped);
  });

  it("ends at once when closed, while pages are still in flight", async () => {
    const frontier = frontierOf(urls("a", 50));
    await run(() => {
      const taken: Lease[] = [];
      spawn(() => {
        sleep(10);
        frontier.close();
      });
      // Nobody gives anything back: the third would wait for ever.
      for (const lease of frontier) taken.push(lease);
      expect(taken).toHaveLength(2);
      for (const lease of taken) frontier.done(lease);
    });
    expect(frontier.counts).toMatchObject({ done: 2, leased: 0, pending: 48 });
  });

  it("moves a lease to another host, within that host's limit and before its queue", async () => {
    const frontier = frontierOf([...urls("a", 4), ...urls("b", 4)], { perHost: 1 });
    let atB = 0;
    let most = 0;
    const order: string[] = [];
    await run(() => {
      for (const lease of frontier) {
        spawn(() => {
          const { url } = lease.entry;
          sleep(1);
          if (url.startsWith("http://a/")) frontier.moveTo(lease, new URL("http://b/"));
          most = Math.max(most, ++atB);
          order.push(url);
          sleep(3);
          atB--;
          frontier.done(lease);
        });
      }
    });
    expect(most).toBe(1);
    expect(order).toHaveLength(8);
    // b/0 was there already; the rest of b waits for the redirects.
    expect(order.slice(1, 5).sort()).toEqual(urls("a", 4));
  });

  it("does not get stuck when two hosts redirect to each other, one place each and one page at a time", async () => {
    for (const concurrency of [1, 2, 10]) {
      const frontier = frontierOf([...urls("a", 5), ...urls("b", 5)], { perHost: 1, concurrency });
      await run(() => {
        for (const lease of frontier) {
          spawn(() => {
            frontier.moveTo(
              lease,
              new URL(lease.entry.url.startsWith("http://a/") ? "http://b/" : "http://a/"),
            );
            sleep(1);
            frontier.done(lease);
          });
        }
      });
      expect(frontier.counts).toMatchObject({ done: 10, leased: 0, pending: 0 });
    }
  });

  it("gives the place up when the greenlet that waits for one is killed", async () => {
    const frontier = frontierOf(["http://a/0", "http://b/0", "http://b/1"], { perHost: 1 });
    await run(() => {
      const a = frontier.next()!;
      const b = frontier.next()!;
      const mover = spawn(() => frontier.moveTo(a, new URL("http://b/")));
      sleep(1);
      mover.kill();
      frontier.fail(a);
      frontier.done(b);
      const last = frontier.next()!;
      expect(last.entry.url).toBe("http://b/1");
      frontier.done(last);
      expect(frontier.next()).toBe(null);
    });
  });

  it("lets one lease only have a URL that several redirect to", async () => {
    const frontier = frontierOf(["http://a/0", "http://a/1"]);
    await run(() => {
      const [first, second] = [frontier.next()!, frontier.next()!];
      const target = new URL("http://a/target");
      expect(frontier.claim(first, target)).toBe(true);
      expect(frontier.claim(first, target)).toBe(true); // again, in another attempt
      expect(frontier.claim(second, target)).toBe(false);
      expect(frontier.claim(second, new URL("http://a/0"))).toBe(false);
      expect(frontier.add(target, 1, null)).toBe(false);
    });
  });

  it("counts a lease that rests as none, and tells when nothing else is left", async () => {
    const frontier = frontierOf(urls("a", 3), { concurrency: 1, perHost: 1 });
    await run(() => {
      const stalled = new Event();
      frontier.onStall = () => stalled.set();
      const first = frontier.next()!;
      const rester = spawn(() => {
        frontier.rest(first, () => stalled.wait());
        frontier.done(first);
      });
      for (let page = 1; page < 3; page++) {
        const other = frontier.next()!; // although one is leased, and one may be at once
        expect(stalled.isSet).toBe(false);
        frontier.done(other);
      }
      expect(frontier.next()).toBe(null);
      expect(rester.dead).toBe(true);
      expect(frontier.counts).toMatchObject({ done: 3, leased: 0, peak: 1 });
    });
  });

  it("goes on in another process with all that had not ended, redirects' targets known", async () => {
    const store = new MemoryStore();
    const options = { concurrency: 10, perHost: 10 };
    const first = new Frontier(options, store);
    for (const url of [...urls("a", 5), ...urls("b", 2)]) first.add(new URL(url), 0, null);
    for (const host of ["a", "b"]) first.open(host, 0);
    await run(() => {
      const leases = Array.from({ length: 6 }, () => first.next()!);
      expect(first.claim(leases[0]!, new URL("http://a/there"))).toBe(true);
      expect(first.claim(leases[1]!, new URL("http://a/unfinished"))).toBe(true);
      first.done(leases[0]!);
      first.skip(leases[2]!);
      first.retry(leases[3]!, 1_000);
      store.commit({ ...first.takeChanges(), states: { saved: first.saved } });
      first.fail(leases[4]!); // not committed: it has not happened
    });
    const second = new Frontier(options, store, store.states().get("saved") as SavedFrontier);
    expect(second.counts).toMatchObject({ done: 1, failed: 0, skipped: 1, pending: 5, leased: 0 });
    expect(second.has("http://a/there")).toBe(true);
    expect(second.has("http://a/unfinished")).toBe(false);
    expect(second.add(new URL("http://b/0"), 0, null)).toBe(false);
    for (const host of ["a", "b"]) second.open(host, 0);
    const { done } = await run(() => work(second, 1));
    expect(done).toHaveLength(5);
    expect(new Set(done).size).toBe(5);
    expect(second.counts).toMatchObject({ done: 6, pending: 0 });
  });

  it("holds the heads of long queues only, and fetches the rest in time", async () => {
    const store = new MemoryStore();
    const frontier = new Frontier({ concurrency: 50, perHost: 50 }, store);
    const all = [...urls("a", 3_000), ...urls("b", 10)];
    await run(() => {
      const keeper = spawn(() => {
        for (;;) {
          frontier.dirty.wait();
          store.commit({ ...frontier.takeChanges(), states: {} });
          frontier.committed();
          sleep(1);
        }
      });
      for (const host of ["a", "b"]) frontier.open(host, 0);
      for (const url of all) frontier.add(new URL(url), 0, null);
      const { done } = work(frontier, 0);
      sleep(10);
      expect(done.toSorted()).toEqual(all.toSorted());
      // In the order in which they were found.
      const ofA = done.filter((url) => url.startsWith("http://a/"));
      expect(ofA).toEqual(urls("a", 3_000));
      keeper.kill();
    });
  });

  it("takes back what was no fault of the page's, and leases fewer at once", async () => {
    const frontier = frontierOf(urls("a", 8), { perHost: 8, concurrency: 8 });
    await run(() => {
      const leases = Array.from({ length: 8 }, () => frontier.next()!);
      for (const lease of leases.slice(0, 2)) {
        frontier.giveBack(lease, 0);
        frontier.slowDown();
      }
      expect(frontier.counts).toMatchObject({ leased: 6, pending: 2 });
      // Five at once now, or four: the third place is free when three have ended.
      for (const lease of leases.slice(2, 5)) frontier.done(lease);
      expect(frontier.next()!.entry.attempts).toBe(1); // the first time does not count
      expect(frontier.counts.leased).toBe(4);
      const waiting = spawn(() => frontier.next());
      sleep(5);
      expect(waiting.dead).toBe(false);
      frontier.done(leases[5]!);
      expect(waiting.get()).not.toBe(null);
    });
  });
});
