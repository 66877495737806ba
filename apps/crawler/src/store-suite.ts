// The contract of a store (store.ts), a clause for each of its promises: for every driver, and
// whoever writes another one.
import assert from "node:assert/strict";
import { run } from "greenlit";
import type { Changes, Store, StoredEntry } from "./store.js";

/** What it needs of a test runner: those of vitest, of `node:test`, of jest. */
export interface SuiteHooks {
  describe(name: string, body: () => void): unknown;
  it(name: string, body: () => Promise<void>): unknown;
}

/** One store under test. */
export interface Subject {
  /** Opens it: empty at first, later with what was committed. */
  open(): Store;
  /** Whether what is committed outlives `close`. */
  readonly isDurable: boolean;
}

/** Tests every clause with a driver. @param make a new, empty store for each clause */
export function describeStore(name: string, make: () => Subject, hooks: SuiteHooks): void {
  hooks.describe(`the store ${name}`, () => {
    for (const [title, check] of Object.entries(CLAUSES)) {
      hooks.it(title, () => run(() => check(make())));
    }
  });
}

let seq = 0;

function entry(url: string, host = new URL(url).host): StoredEntry {
  return { seq: seq++, host, url, depth: 1, referrer: "http://from.example/" };
}

const commit = (store: Store, changes: Partial<Changes>, state: unknown = null): void =>
  store.commit({ added: [], known: [], ended: [], ...changes }, state);

/** A store in which something was committed, opened again when it is durable. */
function committed(subject: Subject, changes: Partial<Changes>, state: unknown = null): Store {
  const store = subject.open();
  commit(store, changes, state);
  if (!subject.isDurable) return store;
  store.close();
  return subject.open();
}

const hosts = (store: Store): [string, number][] =>
  [...store.hosts()].map(({ host, newest }): [string, number] => [host, newest]).sort();

const CLAUSES: Readonly<Record<string, (subject: Subject) => void>> = {
  "is empty at first"(subject) {
    const store = subject.open();
    assert.equal(store.state, undefined);
    assert.equal(store.queued, 0);
    assert.deepEqual(hosts(store), []);
    assert.equal(store.has("http://a/"), false);
    assert.deepEqual(store.read("a", -1, 10), []);
    store.close();
  },

  "gives back the state of the last commit"(subject) {
    const first = committed(subject, {}, { count: 1, names: ["é"] });
    assert.deepEqual(first.state, { count: 1, names: ["é"] });
    commit(first, {}, { count: 2 });
    assert.deepEqual(first.state, { count: 2 });
    first.close();
  },

  "queues entries for their hosts, in order, with all that they say"(subject) {
    const [a1, b1, a2] = [entry("http://a/1"), entry("https://b:8443/1"), entry("http://a/2")];
    const seed = { ...entry("http://a/3"), referrer: null, depth: 0 };
    const store = committed(subject, { added: [a1, b1, a2, seed] });
    assert.equal(store.queued, 4);
    assert.deepEqual(store.read("a", -1, 10), [a1, a2, seed]);
    assert.deepEqual(store.read("b:8443", -1, 10), [b1]);
    const expected = [
      ["a", seed.seq],
      ["b:8443", b1.seq],
    ];
    assert.deepEqual(hosts(store), expected);
    store.close();
  },

  "reads as many as are asked for, after the last one that is known"(subject) {
    const added = Array.from({ length: 50 }, (_, i) => entry(`http://a/${i}`));
    const store = committed(subject, { added });
    const read: StoredEntry[] = [];
    for (let after = -1; ; after = read.at(-1)!.seq) {
      const next = store.read("a", after, 7);
      if (next.length === 0) break;
      assert.equal(next.length, Math.min(7, 50 - read.length));
      read.push(...next);
    }
    assert.deepEqual(read, added);
    store.close();
  },

  "does not mix up hosts whose names begin alike"(subject) {
    const names = ["a", "a.b", "a:80", "ab", "a-b", "b"];
    const added = names.map((name) => entry("http://x/", name));
    const store = committed(subject, { added });
    for (const it of added) assert.deepEqual(store.read(it.host, -1, 10), [it]);
    const expected = added.map((it): [string, number] => [it.host, it.seq]).sort();
    assert.deepEqual(hosts(store), expected);
    store.close();
  },

  "removes what has ended, and a host with its last entry"(subject) {
    const [a1, a2, b1] = [entry("http://a/1"), entry("http://a/2"), entry("http://b/1")];
    const store = committed(subject, { added: [a1, a2, b1] });
    commit(store, { ended: [a1, b1] });
    assert.equal(store.queued, 1);
    assert.deepEqual(hosts(store), [["a", a2.seq]]);
    assert.deepEqual(store.read("a", -1, 10), [a2]);
    assert.deepEqual(store.read("b", -1, 10), []);
    store.close();
  },

  "takes an entry that was added and has ended in one commit"(subject) {
    const quick = entry("http://a/quick");
    const store = committed(subject, { added: [quick], ended: [quick] });
    assert.equal(store.queued, 0);
    assert.deepEqual(hosts(store), []);
    assert.equal(store.has(quick.url), true);
    store.close();
  },

  "knows what was added, what has ended, and where redirects led"(subject) {
    const ended = entry("http://a/ended");
    const store = committed(subject, { added: [ended, entry("http://a/waits")] });
    commit(store, { ended: [ended], known: ["http://a/moved"] });
    for (const path of ["ended", "waits", "moved"]) assert.ok(store.has(`http://a/${path}`), path);
    for (const path of ["ende", "ended/", ""]) assert.ok(!store.has(`http://a/${path}`), path);
    assert.equal(store.queued, 1);
    store.close();
  },

  "knows URLs of any length, and tells them apart"(subject) {
    const long = `http://a/${"x".repeat(5_000)}`;
    const store = committed(subject, { added: [entry(`${long}1`)], known: [`${long}2`] });
    assert.deepEqual(
      store.read("a", -1, 1).map(({ url }) => url),
      [`${long}1`],
    );
    assert.deepEqual(
      ["1", "2", "3"].map((end) => store.has(long + end)),
      [true, true, false],
    );
    store.close();
  },

  "takes large commits"(subject) {
    const added = Array.from({ length: 20_000 }, (_, i) => entry(`http://h${i % 10}.example/${i}`));
    const store = committed(subject, { added });
    assert.equal(store.queued, 20_000);
    assert.equal(hosts(store).length, 10);
    commit(store, { ended: added.slice(0, 19_999) });
    assert.equal(store.queued, 1);
    assert.deepEqual(hosts(store), [["h9.example", added[19_999]!.seq]]);
    store.close();
  },
};
