import { run, sleep, spawn, wait } from "greenlit";
import { Client } from "pg";
import { expect, it } from "vitest";
import { PostgresStore } from "../src/postgres-store.js";
import { type Changes, type FoundEntry, type Membership } from "../src/store.js";
import { describeStore } from "../src/store-suite.js";
import { describeWith, findServer, newJob } from "./servers.js";

const server = await findServer("postgres");
const { url } = server;
const describe = describeWith(server);

const make = () => {
  const job = newJob();
  return {
    open: (member: Membership) => new PostgresStore(url, { ...member, job }),
    remove: () => PostgresStore.drop(url, job),
  };
};
describeStore("PostgreSQL", { isShared: true, isDurable: true, make }, { describe, it });

const NOTHING: Changes = { added: [], moved: [], known: [], ended: [], pages: 0, states: {} };
const entry = (path: string, queue = "a"): FoundEntry => {
  return { url: `http://${queue}/${path}`, queue, depth: 1, referrer: null, via: null };
};

type Ask = (text: string) => Record<string, unknown>[];

/** Ends the connections of this process's stores, and no others. */
function cut(ask: Ask): void {
  ask(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'greenlit-crawl ${process.pid}'`);
}

/** What a test does with the server itself. */
async function withServer(body: (job: string, ask: Ask) => void): Promise<void> {
  const job = newJob();
  const client = new Client(url);
  await client.connect();
  const ask: Ask = (text) => wait(client.query<Record<string, unknown>>(text)).rows;
  try {
    await run(() => {
      try {
        body(job, ask);
      } finally {
        PostgresStore.drop(url, job);
        const left = `SELECT 1 FROM pg_namespace WHERE nspname = 'greenlit-crawl ${job}'`;
        expect(ask(left)).toEqual([]);
      }
    });
  } finally {
    await client.end();
  }
}

describe("PostgresStore", () => {
  it("loses nothing and doubles nothing when its connection is cut again and again", async () => {
    await withServer((job, ask) => {
      const store = new PostgresStore(url, { worker: "one", job });
      for (let i = 0; i < 30; i++) {
        const cutter = spawn(() => {
          sleep(i % 6);
          cut(ask);
        });
        expect(store.reserve(1, 1_000)).toBe(1);
        store.commit({ ...NOTHING, added: [entry(`${i}`)], moved: [entry(`${i}`)], pages: 1 });
        cutter.join();
      }
      expect(store.take(10)).toEqual([{ queue: "a", newest: 59 }]);
      const [entries] = store.read([{ queue: "a", after: -1, count: 1_000 }]);
      store.commit({ ...NOTHING, ended: entries!.slice(0, 50) });
      expect(entries!.map(({ seq }) => seq)).toEqual(Array.from({ length: 60 }, (_, i) => i));
      const expected = { queued: 10, pages: 30, free: 0, taken: 1, workers: 1, wanted: 0 };
      expect(store.renew()).toEqual(expected);
      expect(store.reserve(1_000, 1_000)).toBe(970);
      store.close();
    });
  });

  it("makes a change once, when its answer is lost", async () => {
    await withServer((job, ask) => {
      const store = new PostgresStore(url, { worker: "one", job });
      // Changes it, but the answer comes when the connection is gone.
      const { connection } = store as unknown as {
        connection: { query: (...of: never[]) => unknown };
      };
      const { query } = connection;
      connection.query = (...of) => {
        query.apply(connection, of);
        cut(ask);
        return query.apply(connection, of);
      };
      store.commit({ ...NOTHING, moved: [entry("1")], pages: 1 });
      expect(store.take(5)).toEqual([{ queue: "a", newest: 0 }]);
      expect(store.reserve(3, 10)).toBe(3);
      expect(store.reserve(30, 10)).toBe(6);
      connection.query = query;
      expect(store.renew()).toMatchObject({ queued: 1, pages: 1, taken: 1 });
      store.close();
    });
  });

  it("lets workers commit side by side, in each other's way or not", async () => {
    await withServer((job) => {
      const [hosts, each, rounds] = [10, 60, 10];
      const all = Array.from({ length: each }, (_, i) => entry(`${i}`, `h${i % hosts}`));
      const workers = ["one", "two", "three", "four"].map((worker, at) =>
        spawn(() => {
          const store = new PostgresStore(url, { worker, job });
          let begun = 0;
          for (let round = 0; round < rounds; round++) {
            const shift = (at * 17 + round * 7) % each;
            const shuffled = [...all.slice(shift), ...all.slice(0, shift)];
            const added = at % 2 === 0 ? shuffled : shuffled.toReversed();
            const pages = store.reserve(5, 100);
            begun += pages;
            const states = { both: round, [worker]: round };
            store.commit({ ...NOTHING, added, known: [`http://x/${round}`], pages, states });
            const queues = store.take(3).map(({ queue }) => queue);
            const wanted = queues.map((queue) => ({ queue, after: -1, count: 4 }));
            store.commit({ ...NOTHING, ended: store.read(wanted).flat() });
            store.release(queues.map((queue) => ({ queue, delay: 0 })));
            store.renew();
          }
          store.close();
          return begun;
        }),
      );
      expect(workers.reduce((sum, it) => sum + it.get(), 0)).toBe(100);
      const store = new PostgresStore(url, { worker: "last", job });
      const { queued, pages, taken } = store.renew();
      const queues = store.take(100).map(({ queue }) => queue);
      const left = store.read(queues.map((queue) => ({ queue, after: -1, count: 100 })));
      expect({ queued, pages, taken }).toEqual({
        queued: left.flat().length,
        pages: 100,
        taken: 0,
      });
      expect(new Set(left.flat().map((it) => it.url)).size).toBe(queued);
      store.close();
    });
  });

  it("takes names of jobs that are long, and have whatever in them", async () => {
    await withServer((job) => {
      for (const name of [
        `${job}'"; drop`,
        `${job} ${"é".repeat(100)}1`,
        `${job} ${"é".repeat(100)}2`,
      ]) {
        const store = new PostgresStore(url, { worker: "it's", job: name });
        expect(store.renew().queued).toBe(0);
        store.commit({ ...NOTHING, added: [entry("1", `q'"\\{},`)], states: { "a'b": "\0{}\\," } });
        expect(store.take(1)).toEqual([{ queue: `q'"\\{},`, newest: 0 }]);
        expect(store.states().get("a'b")).toBe("\0{}\\,");
        store.close();
        PostgresStore.drop(url, name);
      }
    });
  });

  it("says what is wrong, and what to do", async () => {
    await withServer((job, ask) => {
      const open = (at: string) => () => new PostgresStore(at, { worker: "one", job }).close();
      expect(open("postgres://127.0.0.1:1/test")).toThrow(
        /^PostgreSQL at 127.0.0.1:1 cannot be reached \(.*ECONNREFUSED.*is it running/,
      );
      expect(open(url.replace(/\/\w+$/, "/no_such_database"))).toThrow(
        /no_such_database.*database right/,
      );
      const store = new PostgresStore(url, { worker: "one", job });
      ask(`UPDATE "greenlit-crawl ${job}".crawl SET version = 0`);
      expect(open(url)).toThrow("another version of the crawler: use --fresh");
      PostgresStore.drop(url, job);
      expect(() => store.commit(NOTHING)).toThrow(/has no such crawl any more: it was removed/);
      store.close();
    });
  });
});
