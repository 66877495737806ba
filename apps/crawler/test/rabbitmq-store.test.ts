import { run, sleep, spawn } from "greenlit";
import { expect, it, vi } from "vitest";
import type { Message, RabbitmqConnection } from "../src/rabbitmq-connection.js";
import { RabbitmqStore } from "../src/rabbitmq-store.js";
import { RedisStore } from "../src/redis-store.js";
import type { Changes, FoundEntry, Membership } from "../src/store.js";
import { describeStore } from "../src/store-suite.js";
import { describeWith, findServer, newJob } from "./servers.js";

const [rabbitmq, redis] = [await findServer("rabbitmq"), await findServer("redis")];
const describe = describeWith(rabbitmq.reason === null ? redis : rabbitmq);
const url = `${rabbitmq.url}?known=${redis.url}`;

const make = () => {
  const job = newJob();
  return {
    open: (member: Membership) => new RabbitmqStore(url, { ...member, job }),
    remove: () => RabbitmqStore.drop(url, job),
  };
};
describeStore("RabbitMQ", { isShared: true, isDurable: true, make }, { describe, it });

const NOTHING: Changes = { added: [], moved: [], known: [], ended: [], pages: 0, states: {} };
const entry = (path: string): FoundEntry => {
  return { url: `http://a/${path}`, queue: "a", depth: 1, referrer: null, via: null };
};

/** What is inside, for accidents. */
interface Inside {
  rabbit: Pick<RabbitmqConnection, "get" | "acknowledge"> & {
    current: { model: { connection: { stream: { destroy(error: Error): void } } } } | null;
  };
  job: string;
  commitWith(): void;
  change(name: string): unknown;
}
const inside = (store: RabbitmqStore): Inside => store as unknown as Inside;
const cut = (store: RabbitmqStore): void =>
  inside(store).rabbit.current?.model.connection.stream.destroy(new Error("cut"));

/** Dies here, for all that anybody else can see. */
function die(): never {
  throw new Error("killed");
}

type Open = (worker: string) => RabbitmqStore;
const withCrawl = (body: (open: Open) => void): Promise<void> =>
  run(() => {
    const opened: RabbitmqStore[] = [];
    const { open, remove } = make();
    try {
      body((worker) => {
        const store = open({ worker });
        opened.push(store);
        return store;
      });
    } finally {
      for (const store of opened) store.close();
      remove();
    }
  });

/** The paths of all entries of the queue, which are ended with it. */
function readAll(store: RabbitmqStore, isWhole = true): string[] {
  store.take(10);
  const [entries] = store.read([{ queue: "a", after: -1, count: 1_000 }]);
  if (isWhole) store.commit({ ...NOTHING, ended: entries! });
  return entries!.map(({ url }) => url.slice("http://a/".length));
}

describe("RabbitmqStore", () => {
  it("loses nothing and doubles nothing when its connection is cut again and again", async () => {
    await withCrawl((open) => {
      const store = open("one");
      const cutter = spawn(() => {
        for (;;) {
          cut(store);
          sleep(40);
        }
      });
      const expected: string[] = [];
      for (let i = 0; i < 25; i++) {
        const paths = [`${i}/1`, `${i}/2`];
        store.commit({ ...NOTHING, added: paths.map(entry) });
        expected.push(...paths);
      }
      const found: string[] = [];
      while (found.length < expected.length) found.push(...readAll(store));
      cutter.kill();
      expect(found).toEqual(expected);
      expect(store.renew().queued).toBe(0);
      expect(readAll(store)).toEqual([]);
    });
  });

  it("queues links once whose page dies between their publication and its commit", async () => {
    await withCrawl((open) => {
      const dying = open("one");
      inside(dying).commitWith = die;
      const links = { added: [entry("1"), entry("2")], moved: [entry("from-elsewhere")] };
      expect(() => dying.commit({ ...NOTHING, ...links })).toThrow("killed");
      const store = open("one");
      expect(store.renew().queued).toBe(0);
      store.commit({ ...NOTHING, ...links, added: [entry("2"), entry("1"), entry("3")] });
      expect(store.renew().queued).toBe(4);
      expect(readAll(store).toSorted()).toEqual(["1", "2", "3", "from-elsewhere"]);
      expect(store.renew()).toMatchObject({ queued: 0, free: 0 });
      // What is left of the first time is dropped when it comes up.
      store.commit({ ...NOTHING, added: [entry("4")] });
      expect(readAll(store)).toEqual(["4"]);
      expect(store.renew().queued).toBe(0);
    });
  });

  it("takes in links once that were received by one who dies before or after that", async () => {
    await withCrawl((open) => {
      open("other").commit({ ...NOTHING, added: [entry("1"), entry("2")] });
      const before = open("one");
      inside(before).change = (name) => (name === "receive" ? die() : []);
      before.take(10);
      expect(() => readAll(before, false)).toThrow("killed");
      cut(before); // whose process has ended
      const after = open("one");
      inside(after).rabbit.acknowledge = (_: Message) => {};
      expect(readAll(after, false)).toEqual(["1", "2"]);
      cut(after);
      const store = open("one");
      expect(readAll(store)).toEqual(["1", "2"]);
      expect(readAll(store)).toEqual([]);
      store.commit({ ...NOTHING, added: [entry("3")] });
      expect(readAll(store)).toEqual(["3"]);
      expect(store.renew().queued).toBe(0);
    });
  });

  it("leaves to its new owner what it received of a host that it has no more", async () => {
    await withCrawl((open) => {
      const [late, store] = [open("late"), open("store")];
      late.commit({ ...NOTHING, added: [entry("1")] });
      late.take(10);
      const { rabbit } = inside(late);
      const { get } = rabbit;
      rabbit.get = (queue) => {
        const message = get.call(rabbit, queue);
        late.release([{ queue: "a", delay: 0 }]);
        store.take(10);
        return message;
      };
      expect(late.read([{ queue: "a", after: -1, count: 10 }])).toEqual([[]]);
      // It is given back in a moment.
      while (store.renew().queued > 0) readAll(store);
    });
  });

  it("takes hosts of any name, and many entries", async () => {
    await withCrawl((open) => {
      const store = open("one");
      const queues = ["x".repeat(300), `${"x".repeat(300)}y`, "é".repeat(200)];
      const added = queues.flatMap((queue) =>
        Array.from({ length: 250 }, (_, i) => ({ ...entry(`${queue.length}/${i}`), queue })),
      );
      store.commit({ ...NOTHING, added });
      expect(new Set(store.take(10).map(({ newest }) => newest))).toEqual(new Set([Infinity]));
      for (const queue of queues) {
        const [some] = store.read([{ queue, after: -1, count: 10 }]);
        expect(some).toHaveLength(10);
        const [rest] = store.read([{ queue, after: some!.at(-1)!.seq, count: 1_000 }]);
        const urls = [...some!, ...rest!].map(({ url }) => url);
        expect(urls).toEqual(added.filter((it) => it.queue === queue).map(({ url }) => url));
      }
    });
  });

  it("ends when messages are gone that should be there, and not before it is sure", async () => {
    await withCrawl((open) => {
      const store = open("one");
      store.commit({ ...NOTHING, added: [entry("1")] });
      store.take(10);
      const { rabbit, job } = inside(store);
      while (rabbit.get(`greenlit-crawl.${job}.a`) !== null); // and never acknowledges it
      const read = (): unknown => store.read([{ queue: "a", after: -1, count: 10 }]);
      const [now, began] = [performance.now.bind(performance), performance.now()];
      let ahead = 0;
      const clock = vi.spyOn(performance, "now").mockImplementation(() => now() + ahead);
      try {
        for (; now() + ahead - began < 180_000; ahead += 30_000) expect(read()).toEqual([[]]);
        expect(read).toThrow(/no message for URLs of a that wait there.*--fresh/);
      } finally {
        clock.mockRestore();
      }
    });
  });

  it("says what is wrong, and what to do", async () => {
    const open = (server: string) => () => {
      const at = server === "" ? rabbitmq.url : `${server}?known=${redis.url}`;
      const job = newJob();
      try {
        new RabbitmqStore(at, { worker: "one", job }).close();
      } finally {
        RedisStore.drop(redis.url, job);
      }
    };
    await run(() => {
      expect(open("amqp://127.0.0.1:1")).toThrow(
        /^RabbitMQ at 127.0.0.1:1 cannot be reached \(.*ECONNREFUSED.*is it running/,
      );
      expect(open(rabbitmq.url.replace(/\/\/.*@/, "//guest:wrong@"))).toThrow(
        /cannot be reached \(.*ACCESS.REFUSED/,
      );
      expect(open("")).toThrow("needs a Redis server");
    });
  });
});
