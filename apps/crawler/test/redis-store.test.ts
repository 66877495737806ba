import { createClient } from "@redis/client";
import { run, sleep, spawn, wait } from "greenlit";
import { expect, it } from "vitest";
import { RedisStore } from "../src/redis-store.js";
import { type Changes, type FoundEntry, type Membership } from "../src/store.js";
import { describeStore } from "../src/store-suite.js";
import { describeWith, findServer, newJob } from "./servers.js";

const server = await findServer("redis");
const { url } = server;
const describe = describeWith(server);

const make = () => {
  const job = newJob();
  return {
    open: (member: Membership) => new RedisStore(url, { ...member, job }),
    remove: () => RedisStore.drop(url, job),
  };
};
describeStore("Redis", { isShared: true, isDurable: true, make }, { describe, it });

const NOTHING: Changes = { added: [], moved: [], known: [], ended: [], pages: 0, states: {} };
const entry = (path: string): FoundEntry => {
  const found = { url: `http://a/${path}`, queue: "a", depth: 1, referrer: null, via: null };
  return found;
};

type Command = (...words: string[]) => unknown;

/** Cuts the connections of this process's stores, and no others. */
function cut(command: Command): void {
  for (const line of (command("CLIENT", "LIST") as string).split("\n")) {
    if (line.includes(` name=greenlit-crawl-${process.pid} `))
      command("CLIENT", "KILL", "ID", /^id=(\d+)/.exec(line)![1]!);
  }
}

/** What a test does with the server itself. */
async function withRedis(body: (store: RedisStore, command: Command) => void): Promise<void> {
  const job = newJob();
  const client = createClient({ url });
  await client.connect();
  const command: Command = (...words) => wait(client.sendCommand(words));
  try {
    await run(() => {
      const store = new RedisStore(url, { worker: "one", job });
      try {
        body(store, command);
      } finally {
        store.close();
        RedisStore.drop(url, job);
        expect(command("KEYS", `*{${job}}*`)).toEqual([]);
      }
    });
  } finally {
    client.destroy();
  }
}

describe("RedisStore", () => {
  it("loses nothing and doubles nothing when its connection is cut again and again", async () => {
    await withRedis((store, command) => {
      const cutter = spawn(() => {
        for (;;) {
          cut(command);
          sleep(3);
        }
      });
      for (let i = 0; i < 60; i++) {
        expect(store.reserve(1, 1_000)).toBe(1);
        store.commit({ ...NOTHING, added: [entry(`${i}`)], moved: [entry(`${i}`)], pages: 1 });
      }
      expect(store.take(10)).toEqual([{ queue: "a", newest: 119 }]);
      const [entries] = store.read([{ queue: "a", after: -1, count: 1_000 }]);
      store.commit({ ...NOTHING, ended: entries!.slice(0, 100) });
      cutter.kill();
      expect(entries!.map(({ seq }) => seq)).toEqual(Array.from({ length: 120 }, (_, i) => i));
      expect(store.renew()).toMatchObject({ queued: 20, pages: 60, free: 0, taken: 1, workers: 1 });
      expect(store.reserve(1_000, 1_000)).toBe(940);
    });
  });

  it("makes a change once, when its answer is lost", async () => {
    await withRedis((store, command) => {
      // Commits, but the answer comes when the connection is gone.
      const { connection } = store as unknown as {
        connection: { run: (...of: never[]) => unknown };
      };
      const { run: call } = connection;
      connection.run = (...of) => {
        call.apply(connection, of);
        cut(command);
        return call.apply(connection, of);
      };
      store.commit({ ...NOTHING, moved: [entry("1")], pages: 1 });
      expect(store.take(5)).toEqual([{ queue: "a", newest: 0 }]);
      expect(store.reserve(3, 10)).toBe(3);
      expect(store.reserve(30, 10)).toBe(6);
      connection.run = call;
      expect(store.renew()).toMatchObject({ queued: 1, pages: 1, taken: 1 });
    });
  });

  it("goes on when the server has forgotten its scripts", async () => {
    await withRedis((store, command) => {
      command("SCRIPT", "FLUSH");
      store.commit({ ...NOTHING, added: [entry("1")] });
      expect(store.renew().queued).toBe(1);
    });
  });

  it("says what is wrong, and what to do", async () => {
    const job = newJob();
    const open = (at: string) => () => new RedisStore(at, { worker: "one", job }).close();
    await run(() => {
      const nobody = "redis://127.0.0.1:1/";
      expect(open(nobody)).toThrow(
        /^Redis at 127.0.0.1:1 cannot be reached \(.*ECONNREFUSED.*is it running/,
      );
      expect(open(url.replace("//", "//:wrong@"))).toThrow(/cannot be reached \(.*password/);
    });
    await withRedis((store, command) => {
      const [keys] = [command("KEYS", "greenlit-crawl:*version") as string[]];
      const prefix = keys.find((key) => key.includes(`test-${process.pid}`))!.slice(0, -7);
      command("SET", `${prefix}version`, "0");
      const other = prefix.slice("greenlit-crawl:{".length, -2);
      expect(() => new RedisStore(url, { worker: "two", job: other })).toThrow("another version");
      command("SET", `${prefix}version`, "1");
      command("DEL", `${prefix}worker:one`);
      expect(() => store.commit(NOTHING)).toThrow(/no such crawl any more; with `appendonly yes`/);
    });
  });
});
