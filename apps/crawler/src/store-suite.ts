// The contract of a store (store.ts), a clause for each of its promises: for every driver, and
// whoever writes another one.
import assert from "node:assert/strict";
import { run, sleep } from "greenlit";
import {
  type Changes,
  type FoundEntry,
  LeaseLost,
  type Membership,
  type Store,
  type StoredEntry,
} from "./store.js";

/** What it needs of a test runner: those of vitest, of `node:test`, of jest. */
export interface SuiteHooks {
  describe(name: string, body: () => void): unknown;
  it(name: string, body: () => Promise<void>): unknown;
}

/** What is to be tested. */
export interface Driver {
  /** Whether several workers may share a crawl; then there are more clauses. */
  readonly isShared: boolean;
  /** Whether what is committed outlives `close`. */
  readonly isDurable: boolean;
  /** Makes a new, empty crawl: for each clause one. */
  make(): Subject;
}

/** One crawl under test. */
export interface Subject {
  /**
   * Opens its store: empty at first, later with what was committed.
   *
   * @param member as whom; a store that is not shared need not care
   */
  open(member: Membership): Store;
  /** Removes the crawl, once its stores are closed. */
  remove?(): void;
}

/** Tests every clause with a driver. */
export function describeStore(name: string, driver: Driver, hooks: SuiteHooks): void {
  const clauses = { ...CLAUSES, ...(driver.isShared ? CLAUSES_FOR_SEVERAL : {}) };
  const test = (check: Clause): void => {
    const bench = new Bench(driver.make(), driver.isDurable);
    try {
      check(bench);
    } finally {
      bench.clear();
    }
  };
  hooks.describe(`the store ${name}`, () => {
    for (const [title, check] of Object.entries(clauses)) {
      hooks.it(title, () => run(() => test(check)));
    }
  });
}

type Clause = (bench: Bench) => void;

/** Ms after which a worker of these tests counts as dead, where that is to happen. */
const SHORT_LEASE = 500;

/** The stores that one clause opens. */
class Bench {
  private readonly subject: Subject;
  private readonly isDurable: boolean;
  private readonly opened: Store[] = [];

  constructor(subject: Subject, isDurable: boolean) {
    this.subject = subject;
    this.isDurable = isDurable;
  }

  open(worker = "first", lease?: number): Store {
    const store = this.subject.open(lease === undefined ? { worker } : { worker, lease });
    this.opened.push(store);
    return store;
  }

  close(store: Store): void {
    this.opened.splice(this.opened.indexOf(store), 1);
    store.close();
  }

  /** A store in which something was committed, opened again when it is durable. */
  committed(changes: Partial<Changes>): Store {
    const store = this.open();
    commit(store, changes);
    if (!this.isDurable) return store;
    this.close(store);
    return this.open();
  }

  clear(): void {
    for (const store of this.opened) store.close();
    this.subject.remove?.();
  }
}

function entry(url: string, queue = new URL(url).host): FoundEntry {
  return { queue, url, depth: 1, referrer: "http://from.example/", via: null };
}

/** With the numbers that they must get when they are the first of their queues. */
function numbered(entries: readonly FoundEntry[], from = 0): StoredEntry[] {
  const next = new Map<string, number>();
  return entries.map((it) => {
    const seq = next.get(it.queue) ?? from;
    next.set(it.queue, seq + 1);
    return { ...it, seq };
  });
}

function commit(store: Store, changes: Partial<Changes>): void {
  store.commit({ added: [], moved: [], known: [], ended: [], pages: 0, states: {}, ...changes });
}

const take = (store: Store, count = 1_000): string[] =>
  store
    .take(count)
    .map(({ queue }) => queue)
    .sort();

function read(store: Store, queue: string, after = -1, count = 1_000): StoredEntry[] {
  const lists = store.read([{ queue, after, count }]);
  assert.equal(lists.length, 1);
  return lists[0]!;
}

const urlsOf = (entries: readonly StoredEntry[]): string[] => entries.map(({ url }) => url);

/** Tries it again and again, until a worker that does not call `renew` is dead for sure. */
function eventually<T>(store: Store, attempt: () => T | null): T {
  for (let waited = 0; waited < SHORT_LEASE * 20; waited += 20) {
    store.renew();
    const result = attempt();
    if (result !== null) return result;
    sleep(20);
  }
  throw new assert.AssertionError({ message: "it did not happen in time" });
}

const CLAUSES: Readonly<Record<string, Clause>> = {
  "is empty at first"(bench) {
    const store = bench.open();
    assert.deepEqual([...store.states()], []);
    assert.deepEqual(store.take(10), []);
    assert.equal(store.has("http://a/"), false);
    const { queued, pages, free, workers } = store.renew();
    assert.deepEqual(
      { queued, pages, free, workers },
      { queued: 0, pages: 0, free: 0, workers: 1 },
    );
  },

  "keeps values by name, the last of each"(bench) {
    const store = bench.committed({ states: { one: { count: 1, names: ["é"] }, two: null } });
    const expected: Record<string, unknown> = { one: { count: 1, names: ["é"] }, two: null };
    assert.deepEqual(Object.fromEntries(store.states()), expected);
    commit(store, { states: { two: [2] } });
    assert.deepEqual(Object.fromEntries(store.states()), { ...expected, two: [2] });
  },

  "queues entries in order, numbered, with all that they say"(bench) {
    const [a1, b1, a2] = [entry("http://a/1"), entry("https://b:8443/1"), entry("http://a/2")];
    const seed = { ...entry("http://a/3"), referrer: null, depth: 0 };
    const via = ["http://d/é", "http://a/4"].map((to, i) => ({ status: 301 + i, to }));
    const moved = { ...entry("http://c/", "a"), via };
    const store = bench.committed({ added: [a1, b1, a2, seed], moved: [moved] });
    assert.equal(store.renew().queued, 5);
    assert.deepEqual(take(store), ["a", "b:8443"]);
    assert.deepEqual(read(store, "a"), numbered([a1, a2, seed, moved]));
    assert.deepEqual(read(store, "b:8443"), numbered([b1]));
  },

  "goes on counting where a queue was, even when that is empty meanwhile"(bench) {
    const all = numbered(["1", "2", "3"].map((path) => entry(`http://a/${path}`)));
    const store = bench.open();
    commit(store, { added: all });
    take(store);
    const read3 = read(store, "a");
    commit(store, { ended: read3 });
    commit(store, { added: [entry("http://a/4")] });
    const [four] = read(store, "a", read3.at(-1)!.seq);
    assert.equal(four!.url, "http://a/4");
    assert.ok(four!.seq > read3.at(-1)!.seq);
    if (!store.isShared) {
      assert.equal(four!.seq, 3);
      assert.deepEqual(store.take(10), [{ queue: "a", newest: 3 }]);
    }
  },

  "reads as many as are asked for, after the last one that is known"(bench) {
    const added = Array.from({ length: 50 }, (_, i) => entry(`http://a/${i}`));
    const store = bench.committed({ added });
    take(store);
    const all: StoredEntry[] = [];
    for (let after = -1; ; after = all.at(-1)!.seq) {
      const next = read(store, "a", after, 7);
      if (next.length === 0) break;
      assert.equal(next.length, Math.min(7, 50 - all.length));
      all.push(...next);
    }
    assert.deepEqual(all, numbered(added));
  },

  "reads several queues at once, a list for each"(bench) {
    const added = ["a", "b", "c"].flatMap((host) =>
      Array.from({ length: 5 }, (_, i) => entry(`http://${host}/${i}`)),
    );
    const store = bench.committed({ added });
    take(store);
    const wanted = ["b", "none", "a", "c"].map((queue, i) => ({ queue, after: -1, count: i + 1 }));
    const lists = store.read(wanted).map(urlsOf);
    const paths = (host: string, count: number): string[] =>
      Array.from({ length: count }, (_, i) => `http://${host}/${i}`);
    assert.deepEqual(lists, [paths("b", 1), [], paths("a", 3), paths("c", 4)]);
    assert.deepEqual(store.read([]), []);
  },

  "does not mix up queues whose names begin alike"(bench) {
    const names = ["a", "a.b", "a:80", "ab", "a-b", "b", "a 1", "a 10"];
    const added = names.map((name, i) => entry(`http://x/${i}`, name));
    const store = bench.committed({ added });
    assert.deepEqual(take(store), names.toSorted());
    for (const it of added) assert.deepEqual(urlsOf(read(store, it.queue)), [it.url]);
  },

  "removes what has ended, and a queue with its last entry"(bench) {
    const urls = ["http://a/1", "http://a/2", "http://b/1"];
    const store = bench.open();
    commit(store, { added: urls.map((url) => entry(url)) });
    take(store);
    const [a1] = read(store, "a");
    commit(store, { ended: [a1!, ...read(store, "b")] });
    assert.equal(store.renew().queued, 1);
    assert.deepEqual(urlsOf(read(store, "a")), ["http://a/2"]);
    assert.deepEqual(read(store, "b"), []);
    store.release([
      { queue: "a", delay: 0 },
      { queue: "b", delay: 0 },
    ]);
    assert.deepEqual(take(store), ["a"]);
  },

  "knows what was added, what has ended, and where redirects led"(bench) {
    const store = bench.open();
    const known = (path: string): string => `http://a/${path}`;
    commit(store, { added: [entry(known("ended")), entry(known("waits"))] });
    take(store);
    commit(store, { ended: read(store, "a").slice(0, 1), known: [known("moved")] });
    // Known, so not queued again.
    commit(store, { added: ["ended", "waits", "moved"].map((path) => entry(known(path))) });
    commit(store, { added: ["ende", "ended/", ""].map((path) => entry(known(path))) });
    const waiting = ["waits", "ende", "ended/", ""].map(known);
    assert.deepEqual(urlsOf(read(store, "a")), waiting);
    assert.equal(store.renew().queued, 4);
    for (const url of store.isShared ? [] : [...waiting, known("ended"), known("moved")]) {
      assert.ok(store.has(url), url);
    }
    assert.ok(!store.has(known("end")));
  },

  "queues a URL once that one commit adds twice"(bench) {
    const store = bench.open();
    commit(store, { added: [entry("http://a/1"), entry("http://a/1"), entry("http://a/2")] });
    take(store);
    assert.deepEqual(urlsOf(read(store, "a")), ["http://a/1", "http://a/2"]);
  },

  "lets a URL go on in another queue, with all that it says"(bench) {
    const store = bench.open();
    commit(store, { added: [entry("http://a/1"), entry("http://b/1")] });
    take(store);
    const [from] = read(store, "a");
    const via = [{ status: 302, to: "http://b/2" }];
    const there = { ...entry("http://a/1", "b"), via };
    commit(store, { ended: [from!], moved: [there] });
    assert.equal(store.renew().queued, 2);
    assert.deepEqual(read(store, "a"), []);
    const [, moved] = read(store, "b");
    assert.deepEqual(moved, { ...there, seq: moved!.seq });
  },

  "knows URLs of any length, and tells them apart"(bench) {
    const long = `http://a/${"x".repeat(5_000)}`;
    const store = bench.committed({ added: [entry(`${long}1`)], known: [`${long}2`] });
    commit(store, { added: ["1", "2", "3"].map((end) => entry(long + end)) });
    take(store);
    assert.deepEqual(urlsOf(read(store, "a")), [`${long}1`, `${long}3`]);
  },

  "lets a URL be claimed on behalf of one other"(bench) {
    const store = bench.committed({ known: ["http://a/known"] });
    assert.equal(store.claim("http://a/new", "http://a/1"), true);
    assert.equal(store.claim("http://a/new", "http://a/1"), true); // in another attempt
    assert.equal(store.claim("http://a/new", "http://a/2"), false);
    assert.equal(store.claim("http://a/known", "http://a/1"), false);
    commit(store, { known: ["http://a/new"], added: [entry("http://a/new")] });
    assert.equal(store.renew().queued, 0);
    assert.equal(store.claim("http://a/new", "http://a/2"), false);
  },

  "counts the pages, and reserves no more than are left"(bench) {
    const store = bench.open();
    assert.equal(store.reserve(5, 12), 5);
    commit(store, { pages: 3 });
    assert.equal(store.renew().pages, 3);
    assert.equal(store.reserve(20, 12), 7);
    assert.equal(store.reserve(1, 12), 0);
    assert.equal(store.reserve(-2, 12), -2);
    assert.equal(store.reserve(5, 12), 2);
    commit(store, { pages: 9 });
    assert.equal(store.reserve(5, 12), 0);
    assert.equal(store.reserve(5, 13), 1);
    assert.equal(store.renew().pages, 12);
  },

  "takes large commits"(bench) {
    const added = Array.from({ length: 20_000 }, (_, i) => entry(`http://h${i % 10}.example/${i}`));
    const store = bench.committed({ added });
    assert.equal(store.renew().queued, 20_000);
    const queues = take(store);
    assert.equal(queues.length, 10);
    const lists = store.read(queues.map((queue) => ({ queue, after: -1, count: 5_000 })));
    commit(store, { ended: lists.flat().slice(0, 19_999) });
    assert.equal(store.renew().queued, 1);
    assert.deepEqual(urlsOf(read(store, queues[9]!)), [added.at(-1)!.url]);
  },
};

const CLAUSES_FOR_SEVERAL: Readonly<Record<string, Clause>> = {
  "gives a queue to one worker, and again when that releases it"(bench) {
    const [first, second] = [bench.open("first"), bench.open("second")];
    commit(first, { added: [entry("http://a/1"), entry("http://b/1"), entry("http://c/1")] });
    assert.equal(second.renew().free, 3);
    const two = take(first, 2);
    assert.equal(two.length, 2);
    const rest = take(second);
    assert.deepEqual([...two, ...rest].sort(), ["a", "b", "c"]);
    assert.deepEqual([take(first), take(second)], [[], []]);
    const { free, taken, workers, queued } = first.renew();
    assert.deepEqual([free, taken, workers, queued], [0, 3, 2, 3]);
    first.release(two.map((queue) => ({ queue, delay: 0 })));
    assert.equal(first.renew().taken, 1);
    assert.deepEqual(take(second), two);
  },

  "gives a queue that was empty when it was released, once there is something in it"(bench) {
    const [first, second] = [bench.open("first"), bench.open("second")];
    commit(first, { added: [entry("http://a/1")] });
    take(first);
    commit(first, { ended: read(first, "a") });
    first.release([{ queue: "a", delay: 0 }]);
    assert.deepEqual(take(second), []);
    commit(first, { added: [entry("http://a/2")] });
    assert.deepEqual(take(second), ["a"]);
    assert.deepEqual(urlsOf(read(second, "a")), ["http://a/2"]);
  },

  "shows whoever has a queue what others add to it"(bench) {
    const [first, second] = [bench.open("first"), bench.open("second")];
    commit(first, { added: [entry("http://a/1")] });
    take(first);
    const [one] = read(first, "a");
    commit(second, { added: [entry("http://a/2"), entry("http://a/1")] });
    assert.deepEqual(urlsOf(read(first, "a", one!.seq)), ["http://a/2"]);
    assert.deepEqual(take(second), []);
  },

  "lets nobody take a queue before its delay is over, whether it is empty or not"(bench) {
    const [first, second] = [bench.open("first"), bench.open("second")];
    commit(first, { added: [entry("http://a/1"), entry("http://b/1")] });
    take(first);
    commit(first, { ended: read(first, "b") });
    const released = performance.now();
    first.release(["a", "b"].map((queue) => ({ queue, delay: 300 })));
    commit(first, { added: [entry("http://b/2")] });
    const taken: string[] = [];
    while (taken.length < 2) {
      const some = take(second);
      assert.ok(some.length === 0 || performance.now() - released >= 299);
      taken.push(...some);
      sleep(10);
    }
    assert.deepEqual(taken.sort(), ["a", "b"]);
  },

  "queues a URL once that several workers find"(bench) {
    const workers = [bench.open("first"), bench.open("second"), bench.open("third")];
    const added = Array.from({ length: 30 }, (_, i) => entry(`http://h${i % 3}/${i}`));
    for (const [i, worker] of workers.entries()) {
      commit(worker, { added: [...added.slice(i * 10), ...added.slice(0, i * 10)] });
    }
    assert.equal(workers[0]!.renew().queued, 30);
    const queues = take(workers[0]!);
    const lists = workers[0]!.read(queues.map((queue) => ({ queue, after: -1, count: 100 })));
    assert.deepEqual(urlsOf(lists.flat()).sort(), added.map(({ url }) => url).sort());
  },

  "lets one worker claim a URL"(bench) {
    const [first, second] = [bench.open("first"), bench.open("second")];
    assert.equal(first.claim("http://a/", "http://x/"), true);
    assert.equal(second.claim("http://a/", "http://y/"), false);
    assert.equal(second.claim("http://a/", "http://x/"), true); // it took over the entry
  },

  "keeps what every worker says"(bench) {
    const [first, second] = [bench.open("first"), bench.open("second")];
    commit(first, { states: { first: 1, both: 1 } });
    commit(second, { states: { second: 2, both: 2 } });
    const expected = { first: 1, second: 2, both: 2 };
    assert.deepEqual(Object.fromEntries(first.states()), expected);
  },

  "reserves pages for all workers together"(bench) {
    const [first, second] = [bench.open("first"), bench.open("second")];
    assert.equal(first.reserve(6, 10), 6);
    assert.equal(second.reserve(6, 10), 4);
    commit(second, { pages: 4 });
    assert.equal(first.renew().pages, 4);
    bench.close(first); // none of its six was begun
    assert.equal(second.reserve(10, 10), 6);
  },

  "gives the queues of a worker that closes to others, with what was in flight"(bench) {
    const [first, second] = [bench.open("first"), bench.open("second")];
    commit(first, { added: [entry("http://a/1"), entry("http://a/2")] });
    take(first);
    commit(first, { ended: read(first, "a").slice(0, 1) });
    bench.close(first);
    assert.deepEqual(take(second), ["a"]);
    assert.deepEqual(urlsOf(read(second, "a")), ["http://a/2"]);
    assert.equal(second.renew().workers, 1);
  },

  "takes a worker for dead that gives no sign of life, and not before"(bench) {
    const began = performance.now();
    const dead = bench.open("dead", SHORT_LEASE);
    const alive = bench.open("alive", SHORT_LEASE);
    commit(dead, { added: [entry("http://a/1"), entry("http://b/1")] });
    take(dead);
    dead.reserve(5, 5);
    const taken: string[] = [];
    eventually(alive, () => {
      taken.push(...take(alive));
      return taken.length === 2 ? true : null;
    });
    assert.ok(performance.now() - began >= SHORT_LEASE - 1);
    assert.deepEqual(taken.toSorted(), ["a", "b"]);
    assert.equal(alive.renew().workers, 1);
    assert.equal(alive.reserve(5, 5), 5);
  },

  "changes nothing more for a worker that was taken for dead"(bench) {
    const dead = bench.open("dead", SHORT_LEASE);
    const alive = bench.open("alive", SHORT_LEASE);
    commit(dead, { added: [entry("http://a/1")], states: { dead: 1 } });
    take(dead);
    const inFlight = read(dead, "a");
    eventually(alive, () => (alive.take(10).length === 1 ? true : null));
    const late = { ended: inFlight, added: [entry("http://a/2")], states: { dead: 2 }, pages: 1 };
    assert.throws(() => commit(dead, late), LeaseLost);
    assert.throws(() => dead.take(10), LeaseLost);
    assert.deepEqual(urlsOf(read(alive, "a")), ["http://a/1"]);
    const { queued, pages } = alive.renew();
    assert.deepEqual([queued, pages, alive.states().get("dead")], [1, 0, 1]);
  },

  "tells the others how many queues a worker wants"(bench) {
    const [first, second] = [bench.open("first"), bench.open("second")];
    first.renew(7);
    assert.deepEqual([first.renew(7).wanted, second.renew(1).wanted], [0, 7]);
    assert.equal(first.renew(0).wanted, 1);
    assert.equal(second.renew(0).wanted, 0);
    first.renew(5);
    bench.close(first);
    assert.equal(second.renew(0).wanted, 0);
  },

  "does not take a worker for dead that renews"(bench) {
    const [first, second] = [bench.open("first", SHORT_LEASE), bench.open("second", SHORT_LEASE)];
    commit(first, { added: [entry("http://a/1")] });
    take(first);
    for (let i = 0; i < 15; i++) {
      first.renew();
      assert.equal(second.renew().workers, 2);
      assert.deepEqual(take(second), []);
      sleep(SHORT_LEASE / 10);
    }
    commit(first, { ended: read(first, "a") });
    assert.equal(second.renew().queued, 0);
  },

  "knows at once that a worker is dead when another one has its name"(bench) {
    const [before, other] = [bench.open("first"), bench.open("other")];
    commit(before, { added: [entry("http://a/1")], pages: 3 });
    take(before);
    before.reserve(2, 10);
    const after = bench.open("first");
    assert.throws(() => commit(before, {}), LeaseLost);
    assert.equal(after.reserve(10, 10), 7);
    assert.deepEqual(take(other), ["a"]);
    assert.equal(after.renew().workers, 2);
  },
};
