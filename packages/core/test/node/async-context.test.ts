import {
  AsyncLocalStorage,
  AsyncResource,
  createHook,
  executionAsyncId,
  triggerAsyncId,
} from "node:async_hooks";
import { connect, createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { Event, getHub, joinAll, run, sleep, spawn, wait, Waiter } from "../../src/index.js";
import { green, turns } from "@greenlit/testing";

const storage = new AsyncLocalStorage<string | undefined>();

afterEach(() => {
  expect(storage.getStore()).toBe(undefined);
});

/** Ways to block; each must bring the greenlet back to its own context. */
const BLOCKS: Record<string, () => void> = {
  "sleep(0)": () => sleep(0),
  "a timer": () => sleep(1),
  "an immediate": () => {
    const waiter = new Waiter("test");
    setImmediate(() => waiter.switch());
    waiter.wait();
  },
  "a promise": () => void wait(Promise.resolve(1)),
  "a tick": () => {
    const waiter = new Waiter("test");
    process.nextTick(() => waiter.switch());
    waiter.wait();
  },
  "another greenlet": () => void spawn(() => sleep(0)).join(),
  "a timeout": () => void new Event().wait({ timeout: 1 }),
};

describe.each(Object.entries(BLOCKS))("AsyncLocalStorage across %s", (_name, block) => {
  it("run: the store stays inside, and comes back after it", async () => {
    const all = Array.from({ length: 20 }, (_, i) =>
      spawn(() => {
        const seen: unknown[] = [storage.getStore()];
        storage.run(`outer ${i}`, () => {
          block();
          seen.push(storage.getStore());
          storage.run(`inner ${i}`, () => {
            block();
            seen.push(storage.getStore());
            block();
          });
          seen.push(storage.getStore());
          block();
          seen.push(storage.getStore());
        });
        seen.push(storage.getStore());
        block();
        seen.push(storage.getStore());
        return seen;
      }),
    );
    const seen = await Promise.all(all);
    for (const [i, stores] of seen.entries()) {
      expect(stores).toEqual([
        undefined,
        `outer ${i}`,
        `inner ${i}`,
        `outer ${i}`,
        `outer ${i}`,
        undefined,
        undefined,
      ]);
    }
  });

  it("enterWith: lasts to the end of the greenlet, and is nobody else's", async () => {
    const all = Array.from({ length: 20 }, (_, i) =>
      spawn(() => {
        block();
        storage.enterWith(`${i}`);
        block();
        const first = storage.getStore();
        block();
        return [first, storage.getStore()];
      }),
    );
    const bystander = spawn(() => {
      for (let i = 0; i < 10; i++) {
        block();
        if (storage.getStore() !== undefined) return storage.getStore();
      }
      return "clean";
    });
    expect(await bystander).toBe("clean");
    for (const [i, seen] of (await Promise.all(all)).entries())
      expect(seen).toEqual([`${i}`, `${i}`]);
    expect(storage.getStore()).toBe(undefined);
  });

  it("exit: outside inside, and back", async () => {
    const seen = await run(() =>
      storage.run("in", () => {
        const stores: unknown[] = [];
        storage.exit(() => {
          stores.push(storage.getStore());
          block();
          stores.push(storage.getStore());
        });
        stores.push(storage.getStore());
        block();
        stores.push(storage.getStore());
        return stores;
      }),
    );
    expect(seen).toEqual([undefined, undefined, "in", "in"]);
  });

  it("bind and snapshot: the callback may block", async () => {
    const [bound, snapshot] = storage.run("bound", () => [
      AsyncResource.bind(() => {
        const before = storage.getStore();
        block();
        return [before, storage.getStore()];
      }),
      AsyncLocalStorage.snapshot(),
    ]);
    const seen = await run(() =>
      storage.run("own", () => [
        bound(),
        snapshot(() => {
          block();
          return storage.getStore();
        }),
        storage.getStore(),
      ]),
    );
    expect(seen).toEqual([["bound", "bound"], "bound", "own"]);
  });

  it("runInAsyncScope, nested 3 deep, with greenlets interleaved", async () => {
    const all = Array.from({ length: 20 }, (_, i) =>
      spawn(() => {
        const ids: number[] = [];
        const nest = (depth: number): void => {
          const resource = new AsyncResource(`depth ${depth}`);
          resource.runInAsyncScope(() => {
            const id = executionAsyncId();
            expect(id).toBe(resource.asyncId());
            expect(triggerAsyncId()).toBe(resource.triggerAsyncId());
            block();
            expect(executionAsyncId()).toBe(id);
            ids.push(id);
            if (depth > 1) nest(depth - 1);
            block();
            expect(executionAsyncId()).toBe(id);
            expect(triggerAsyncId()).toBe(resource.triggerAsyncId());
          });
        };
        const outside = executionAsyncId();
        storage.run(`${i}`, () => nest(3));
        expect(executionAsyncId()).toBe(outside);
        block();
        expect(executionAsyncId()).toBe(outside);
        return ids;
      }),
    );
    const ids = (await Promise.all(all)).flat();
    expect(new Set(ids).size).toBe(60);
  });
});

describe("inheritance", () => {
  it("a greenlet has the store it was spawned with, whatever the spawner does then", async () => {
    const seen = await run(() => {
      const children = storage.run("at spawn", () => [
        spawn(() => storage.getStore()),
        spawn(() => {
          sleep(1);
          return storage.getStore();
        }),
      ]);
      storage.enterWith("later");
      return joinAll(children).map((g) => g.value);
    });
    expect(seen).toEqual(["at spawn", "at spawn"]);
  });

  it("goes from callback land into run, and from a greenlet into callbacks", async () => {
    const seen = await storage.run("request", () =>
      run(() => {
        const stores: unknown[] = [storage.getStore()];
        setTimeout(() => stores.push(storage.getStore()), 1);
        setImmediate(() => stores.push(storage.getStore()));
        process.nextTick(() => stores.push(storage.getStore()));
        queueMicrotask(() => stores.push(storage.getStore()));
        while (stores.length < 5) sleep(1);
        storage.run("inner", () => {
          setTimeout(() => stores.push(storage.getStore()), 1);
          while (stores.length < 6) sleep(1);
        });
        return stores;
      }),
    );
    expect(seen).toEqual(["request", "request", "request", "request", "request", "inner"]);
  });

  it("a callback that switches to a greenlet has its own store again afterwards", async () => {
    let waiter!: Waiter;
    const g = spawn(() => {
      storage.enterWith("greenlet");
      waiter = new Waiter("test");
      waiter.wait();
      return storage.getStore();
    });
    await turns(2);
    const inCallback = await storage.run(
      "callback",
      () =>
        new Promise((resolve) => {
          setImmediate(() => {
            waiter.switch();
            resolve([storage.getStore(), executionAsyncId() > 0]);
          });
        }),
    );
    expect(inCallback).toEqual(["callback", true]);
    expect(await g).toBe("greenlet");
  });

  it("I/O of a server's requests keeps them apart", async () => {
    const server = createServer((socket) => {
      socket.once("data", (data) => {
        void storage.run(String(data), () =>
          run(() => {
            sleep(Number(data) % 3);
            const reply = storage.getStore();
            storage.run("nested", () => sleep(1));
            socket.end(`${reply} ${storage.getStore()}`);
          }),
        );
      });
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    const replies = await Promise.all(
      Array.from(
        { length: 20 },
        (_, i) =>
          new Promise<string>((resolve, reject) => {
            let text = "";
            const socket = connect(port, "127.0.0.1", () => socket.write(`${i}`));
            socket.on("data", (data) => (text += data));
            socket.on("end", () => resolve(text));
            socket.on("error", reject);
          }),
      ),
    );
    server.close();
    expect(replies).toEqual(Array.from({ length: 20 }, (_, i) => `${i} ${i}`));
  });
});

describe("ids", () => {
  it("executionAsyncId is the greenlet's own, before and after it blocks, and the hub's is as before", async () => {
    const outside = executionAsyncId();
    const g = spawn(() => {
      const ids = [executionAsyncId()];
      sleep(0);
      ids.push(executionAsyncId());
      sleep(1);
      ids.push(executionAsyncId());
      return ids;
    });
    expect(executionAsyncId()).toBe(outside);
    const ids = await g;
    expect(new Set(ids)).toEqual(new Set([g.resource.asyncId()]));
  });

  it("the stack of ids grows as needed: 100 nested scopes, several greenlets, each parked in the innermost", async () => {
    const all = Array.from({ length: 5 }, (_, i) =>
      spawn(() => {
        const path: number[] = [];
        const nest = (depth: number): number => {
          const resource = new AsyncResource("deep");
          return resource.runInAsyncScope(() => {
            path.push(executionAsyncId());
            if (depth === 0) {
              for (let round = 0; round < 3; round++) {
                sleep(i % 2);
                expect(executionAsyncId()).toBe(resource.asyncId());
              }
              return 1;
            }
            const below = nest(depth - 1);
            expect(executionAsyncId()).toBe(resource.asyncId());
            return below + 1;
          });
        };
        return nest(99);
      }),
    );
    expect(await Promise.all(all)).toEqual([100, 100, 100, 100, 100]);
  });

  it("an error thrown out of nested scopes after a switch leaves them in order", async () => {
    const g = spawn(() => {
      const outside = executionAsyncId();
      for (let i = 0; i < 10; i++) {
        try {
          new AsyncResource("a").runInAsyncScope(() =>
            new AsyncResource("b").runInAsyncScope(() => {
              sleep(0);
              throw new Error("out");
            }),
          );
        } catch {
          expect(executionAsyncId()).toBe(outside);
        }
        sleep(0);
      }
      return "fine";
    });
    expect(await g).toBe("fine");
  });

  it("a greenlet that is killed inside nested scopes leaves no entry behind", async () => {
    await run(() => {
      const outside = executionAsyncId();
      for (let i = 0; i < 20; i++) {
        const g = spawn(() => new AsyncResource("a").runInAsyncScope(() => sleep(10_000)));
        sleep(0);
        g.kill();
        expect(executionAsyncId()).toBe(outside);
      }
    });
  });
});

describe("with async hooks enabled", () => {
  it("before and after pair, and everything above still holds", async () => {
    const open: number[] = [];
    let wrong = 0;
    let inits = 0;
    let destroyed = 0;
    const mine = new Set<number>();
    const hook = createHook({
      init(id, type) {
        if (type === "Greenlet") {
          inits++;
          mine.add(id);
        }
      },
      before(id) {
        open.push(id);
      },
      after(id) {
        const last = open.pop();
        // The scope in which the hook was enabled ends, too.
        if (last !== undefined && last !== id) wrong++;
      },
      destroy(id) {
        if (mine.has(id)) destroyed++;
      },
    }).enable();
    try {
      const all = Array.from({ length: 10 }, (_, i) =>
        spawn(() =>
          storage.run(`${i}`, () => {
            for (let round = 0; round < 5; round++) {
              sleep(round % 2);
              expect(storage.getStore()).toBe(`${i}`);
            }
            return executionAsyncId();
          }),
        ),
      );
      const ids = await Promise.all(all);
      expect(ids).toEqual(all.map((g) => g.resource.asyncId()));
      await turns(5);
      expect([inits, destroyed, wrong]).toEqual([10, 10, 0]);
      // Inside further scopes before and after cannot pair, but nothing breaks.
      await run(() => {
        const nest = (depth: number): void =>
          new AsyncResource("nested").runInAsyncScope(() => {
            sleep(0);
            if (depth > 0) nest(depth - 1);
            sleep(0);
          });
        joinAll([1, 2, 3].map(() => spawn(() => nest(20))));
      });
    } finally {
      hook.disable();
    }
  });
});

it(
  "taking the stack of a parked greenlet does not disturb its scopes",
  green(() => {
    const looked = new Event();
    const g = spawn(() =>
      storage.run("mine", () =>
        new AsyncResource("scope").runInAsyncScope(() => {
          const id = executionAsyncId();
          looked.wait();
          return [executionAsyncId() === id, storage.getStore()];
        }),
      ),
    );
    sleep(0);
    setImmediate(() => {
      for (let i = 0; i < 3; i++) getHub().stackOf(g as never);
      looked.set();
    });
    expect(g.get()).toEqual([true, "mine"]);
  }),
);
