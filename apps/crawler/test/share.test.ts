// Workers that share a crawl, all of them in this process.
import { Event, run, sleep, spawn } from "greenlit";
import { describe, expect, it } from "vitest";
import { Frontier, type FrontierOptions, HandOver, type Lease } from "../src/frontier.js";
import { MemoryCrawl, MemoryStore } from "../src/memory-store.js";
import { partsFor } from "../src/parts.js";
import { LeaseLost } from "../src/store.js";

/** What all workers did. */
class Log {
  /** URLs with the workers that had them, in order. */
  readonly done: { url: string; worker: string }[] = [];
  private readonly inFlight = new Map<string, number>();
  /** The most of one host that were in flight at once. */
  most = 0;

  during(url: string, body: () => void): void {
    const { host } = new URL(url);
    const count = (this.inFlight.get(host) ?? 0) + 1;
    this.inFlight.set(host, count);
    this.most = Math.max(this.most, count);
    try {
      body();
    } finally {
      this.inFlight.set(host, this.inFlight.get(host)! - 1);
    }
  }

  get urls(): string[] {
    return this.done.map(({ url }) => url).sort();
  }

  of(worker: string): number {
    return this.done.filter((it) => it.worker === worker).length;
  }
}

/** A store on another machine: whatever is asked, the answer comes later. */
class RemoteStore extends MemoryStore {
  override take(...args: Parameters<MemoryStore["take"]>) {
    return slowly(() => super.take(...args));
  }

  override read(...args: Parameters<MemoryStore["read"]>) {
    return slowly(() => super.read(...args));
  }

  override renew(...args: Parameters<MemoryStore["renew"]>) {
    return slowly(() => super.renew(...args));
  }

  override claim(...args: Parameters<MemoryStore["claim"]>) {
    return slowly(() => super.claim(...args));
  }

  override commit(...args: Parameters<MemoryStore["commit"]>) {
    return slowly(() => super.commit(...args));
  }
}

function slowly<T>(body: () => T): T {
  sleep(2);
  const result = body();
  sleep(2);
  return result;
}

interface WorkerOptions extends Partial<FrontierOptions> {
  readonly name: string;
  readonly seeds?: readonly string[];
  readonly lease?: number;
  /** What a page of the site leads to. */
  readonly linksOf?: (url: string) => readonly string[];
  /** Whether a page waits until nothing else is left to do. */
  readonly rests?: (url: string) => boolean;
  readonly redirectOf?: (url: string) => string | null;
  readonly ms?: number;
  /** After so many pages it stands still, as if it had been killed. */
  readonly diesAfter?: number;
}

/** Works on a crawl until that is finished. @returns the frontier */
function work(crawl: MemoryCrawl, log: Log, options: WorkerOptions): Frontier {
  const { name, seeds = [], lease, linksOf, redirectOf, ms = 2, diesAfter = Infinity } = options;
  const { rests } = options;
  const store = new RemoteStore(crawl, { worker: name, ...(lease === undefined ? {} : { lease }) });
  const limits = { concurrency: 20, perHost: 4, ...options };
  const frontier = new Frontier({ parts: partsFor({ ...limits, delay: 0 }), ...limits }, store);
  const stalled = new Event();
  frontier.onStall = () => stalled.set();
  let pages = 0;
  let isOver = false;
  const keeper = spawn(() => {
    try {
      while (!isOver && pages < diesAfter) {
        frontier.dirty.wait({ timeout: 10 });
        sleep(1);
        if (pages >= diesAfter) return;
        if (frontier.hasChanges) store.commit({ ...frontier.takeChanges(), states: {} });
        frontier.committed();
      }
    } catch (error) {
      if (!(error instanceof LeaseLost)) throw error;
    }
  });
  const visit = (it: Lease): void => {
    const url = it.entry.via?.at(-1)?.to ?? it.entry.url;
    frontier.open(new URL(url).host, 0);
    log.during(url, () => sleep(ms));
    if (pages >= diesAfter) return;
    if (rests?.(url) === true) frontier.rest(it, () => stalled.wait());
    const target = redirectOf?.(url) ?? null;
    if (target !== null && frontier.claim(it, new URL(target))) {
      (it.redirects ??= []).push({ status: 302, to: target });
      try {
        frontier.moveTo(it, new URL(target));
      } catch (error) {
        if (!(error instanceof HandOver)) throw error;
        return frontier.handOver(it, error.target);
      }
      log.during(target, () => sleep(ms));
    }
    for (const link of linksOf?.(url) ?? []) frontier.add(new URL(link), 1, url);
    pages++;
    log.done.push({ url: it.entry.url, worker: name });
    frontier.done(it);
  };
  for (const seed of seeds) frontier.add(new URL(seed), 0, null);
  if (diesAfter === Infinity) {
    for (const it of frontier) spawn(visit, it);
    isOver = true;
    keeper.join();
    store.commit({ ...frontier.takeChanges(), states: {} });
    store.close();
  } else {
    const visitor = spawn(() => {
      for (const it of frontier) spawn(visit, it);
    });
    while (pages < diesAfter) sleep(1);
    visitor.kill();
  }
  return frontier;
}

/** Pages 0 to count - 1 of one host, each linking to the next three, and of the others. */
function siteOf(hosts: readonly string[], count: number) {
  const all = hosts.flatMap((host) =>
    Array.from({ length: count }, (_, i) => `http://${host}/${i}`),
  );
  const linksOf = (url: string): string[] => {
    const { host, pathname } = new URL(url);
    const i = Number(pathname.split("/").at(-1));
    const near = [1, 2, 3, 17].map((step) => `http://${host}/${(i + step) % count}`);
    return [...near, ...hosts.map((other) => `http://${other}/${i}`)];
  };
  return { all: all.sort(), linksOf };
}

const together = (...bodies: (() => unknown)[]): void => {
  for (const greenlet of bodies.map((body) => spawn(body))) greenlet.get();
};

describe("a crawl that is shared", () => {
  it("is done by all workers together, each URL once, no host asked more often", async () => {
    const { all, linksOf } = siteOf(["a", "b", "c"], 60);
    const [crawl, log] = [new MemoryCrawl(), new Log()];
    const names = ["one", "two", "three"];
    const worker = { seeds: ["http://a/0"], linksOf };
    await run(() => together(...names.map((name) => () => work(crawl, log, { name, ...worker }))));
    expect(log.urls).toEqual(all);
    expect(log.most).toBeLessThanOrEqual(4);
    for (const name of names) expect(log.of(name)).toBeGreaterThan(0);
    expect(crawl.queued).toBe(0);
  });

  it("keeps a host until what has ended there is committed", async () => {
    const hosts = Array.from({ length: 30 }, (_, i) => `h${i}`);
    const { all } = siteOf(hosts, 10);
    const linksOf = (url: string): string[] => {
      const i = all.indexOf(url);
      return all.slice(i + 1, i + 6);
    };
    const [crawl, log] = [new MemoryCrawl(), new Log()];
    const worker = { seeds: [all[0]!], linksOf, ms: 0 };
    await run(() =>
      together(...["x", "y"].map((name) => () => work(crawl, log, { name, ...worker }))),
    );
    expect(log.urls).toEqual(all);
  });

  it("gives a worker that comes later its share, even of one host", async () => {
    const { all, linksOf } = siteOf(["a"], 400);
    const [crawl, log] = [new MemoryCrawl(), new Log()];
    await run(() =>
      together(
        () => work(crawl, log, { name: "early", seeds: ["http://a/0"], linksOf }),
        () => {
          while (log.done.length < 50) sleep(1);
          work(crawl, log, { name: "late", linksOf });
        },
      ),
    );
    expect(log.urls).toEqual(all);
    expect(log.most).toBeLessThanOrEqual(4);
    expect(log.of("late")).toBeGreaterThan(40);
  });

  it("gives others what they want, though something waits for all else to end", async () => {
    const hosts = ["a", "b", "c", "d", "e"];
    const all = hosts.flatMap((host) =>
      Array.from({ length: 30 }, (_, i) => `http://${host}/${i}`),
    );
    const [crawl, log] = [new MemoryCrawl(), new Log()];
    const rests = (url: string): boolean => url.endsWith("/0");
    await run(() =>
      together(
        () => work(crawl, log, { name: "x", seeds: all, rests, perHost: 1, ms: 20 }),
        () => {
          while (log.done.length < 3) sleep(1);
          work(crawl, log, { name: "y", rests, perHost: 1, ms: 20 });
        },
      ),
    );
    expect(log.urls).toEqual(all.toSorted());
  });

  it("is finished by one when the other stands still with pages in flight", async () => {
    const { all, linksOf } = siteOf(["a", "b"], 40);
    const [crawl, log] = [new MemoryCrawl(), new Log()];
    const worker = { seeds: ["http://a/0"], linksOf, lease: 300 };
    await run(() =>
      together(
        () => work(crawl, log, { name: "dies", ...worker, diesAfter: 15 }),
        () => work(crawl, log, { name: "lives", ...worker }),
      ),
    );
    const once = new Set(log.urls);
    expect([...once].sort()).toEqual(all);
    // What the dead one had not committed was done again.
    expect(log.done.length - once.size).toBeLessThanOrEqual(15);
    expect(crawl.queued).toBe(0);
  });

  it("begins exactly as many pages as are allowed to all workers together", async () => {
    const { linksOf } = siteOf(["a", "b", "c"], 100);
    for (const maxPages of [1, 7, 50]) {
      const [crawl, log] = [new MemoryCrawl(), new Log()];
      const worker = { seeds: ["http://a/0"], linksOf, maxPages };
      await run(() =>
        together(...["x", "y", "z"].map((name) => () => work(crawl, log, { name, ...worker }))),
      );
      expect(log.done).toHaveLength(maxPages);
      expect(new Set(log.urls).size).toBe(maxPages);
    }
  });

  it("follows redirects to hosts that other workers have, within their limits", async () => {
    const hosts = ["a", "b", "c", "d"];
    const { all, linksOf } = siteOf(hosts, 30);
    // Each page of a leads to one of b that nobody links to, and of b to c.
    const redirectOf = (url: string): string | null => {
      const { host, pathname } = new URL(url);
      if (host === "a") return `http://b/from-a${pathname}`;
      if (host === "b" && pathname.startsWith("/from-a")) return `http://c${pathname}`;
      return null;
    };
    const [crawl, log] = [new MemoryCrawl(), new Log()];
    const worker = { seeds: ["http://a/0", "http://b/0"], linksOf, redirectOf, perHost: 2 };
    await run(() =>
      together(...["x", "y"].map((name) => () => work(crawl, log, { name, ...worker }))),
    );
    expect(log.urls.filter((url) => !url.includes("/from-a"))).toEqual(all);
    expect(new Set(log.urls).size).toBe(log.urls.length);
    expect(log.most).toBeLessThanOrEqual(2);
  });

  it("goes on where it was, whoever works on it", async () => {
    const { all, linksOf } = siteOf(["a", "b"], 40);
    const [crawl, log] = [new MemoryCrawl(), new Log()];
    const first = { name: "one", seeds: ["http://a/0"], linksOf, maxPages: 30 };
    await run(() => work(crawl, log, first));
    expect(log.done).toHaveLength(30);
    await run(() =>
      together(...["two", "three"].map((name) => () => work(crawl, log, { name, linksOf }))),
    );
    expect(log.urls).toEqual(all);
  });

  it("has one worker wait for the other's links: they may be more work", async () => {
    const [crawl, log] = [new MemoryCrawl(), new Log()];
    const linksOf = (url: string): string[] =>
      url === "http://a/0" ? ["http://b/", "http://c/"] : [];
    await run(() =>
      together(
        () => work(crawl, log, { name: "one", seeds: ["http://a/0"], linksOf, ms: 100 }),
        () => {
          while (crawl.queued === 0) sleep(1);
          work(crawl, log, { name: "two", linksOf });
        },
      ),
    );
    expect(log.urls).toEqual(["http://a/0", "http://b/", "http://c/"]);
  });
});
