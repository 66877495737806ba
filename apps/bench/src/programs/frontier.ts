// `frontier URLS`: fills a crawl's frontier on disk with so many URLs of a thousand hosts, closes
// it, opens it again and takes them out. The crawler commits as here, but for its pages.
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { run } from "greenlit";

/** Of the crawler's rooms, what is used here; they are none of its package's exports. */
interface Store {
  commit(changes: object): void;
  close(): void;
}
interface Frontier extends Iterable<object> {
  has(url: string): boolean;
  add(url: URL, depth: number, referrer: string): boolean;
  takeChanges(): object;
  committed(): void;
  open(host: string, delay: number): void;
  next(): object | null;
  giveBack(lease: object, delay: number): void;
  done(lease: object): void;
}
type LmdbStore = new (folder: string) => Store;
type Options = Readonly<{ concurrency: number; perHost: number }>;

const crawler = dirname(createRequire(import.meta.url).resolve("@greenlit/crawler/package.json"));
const room = (name: string): string => pathToFileURL(join(crawler, `dist/${name}.js`)).href;
const { LmdbStore } = (await import(room("lmdb-store"))) as { LmdbStore: LmdbStore };
const { Frontier } = (await import(room("frontier"))) as {
  Frontier: new (options: Options, store: Store) => Frontier;
};

const n = Number(process.argv[2]);
const HOSTS = 1_000;
const BATCH = 10_000;
const OPTIONS = { concurrency: BATCH, perHost: BATCH };

const seconds = (work: () => void): number => {
  const began = performance.now();
  work();
  return (performance.now() - began) / 1000;
};

function commit(frontier: Frontier, store: Store): void {
  store.commit({ ...frontier.takeChanges(), states: {} });
  frontier.committed();
}

function fill(frontier: Frontier, store: Store): void {
  for (let i = 0; i < n; i++) {
    const url = new URL(`http://host${i % HOSTS}.example/some/folder/page-${i}.html`);
    if (!frontier.has(url.href)) frontier.add(url, 1, "http://host.example/some/folder/");
    if (i % BATCH === BATCH - 1) commit(frontier, store);
  }
  commit(frontier, store);
}

function empty(frontier: Frontier, store: Store): void {
  for (let i = 0; i < HOSTS; i++) frontier.open(`host${i}.example`, 0);
  let ended = 0;
  for (const lease of frontier) {
    frontier.done(lease);
    if (++ended % BATCH === 0) commit(frontier, store);
  }
  commit(frontier, store);
  if (ended !== n) throw new Error(`${ended} of ${n} URLs came out`);
}

const folder = mkdtempSync(join(tmpdir(), "greenlit-bench-frontier-"));
try {
  await run(() => {
    const first = new LmdbStore(folder);
    const insert = seconds(() => fill(new Frontier(OPTIONS, first), first));
    first.close();
    let store!: Store;
    let frontier!: Frontier;
    const resume = seconds(() => {
      store = new LmdbStore(folder);
      frontier = new Frontier(OPTIONS, store);
      const lease = frontier.next();
      if (lease === null) throw new Error("nothing came out");
      frontier.giveBack(lease, 0);
    });
    const lease = seconds(() => empty(frontier, store));
    store.close();
    const rss = process.memoryUsage.rss() / 2 ** 20;
    console.log(
      JSON.stringify({ insert: n / insert, lease: n / lease, resume: resume * 1000, rss }),
    );
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
