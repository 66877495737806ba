import { once } from "node:events";
import { closeSync, openSync, watch } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { Event, getHub, run, sleep, spawn, Timer } from "@greenlit/core";
import { describe, expect, it } from "vitest";
import { fakeClock, installLeakCheck, leakCheck, LeakError, turns } from "../src/index.js";

const SOON = { settle: 50 };

/** What is found; `tidy` removes it again. */
async function leaksOf(fn: () => unknown, tidy: () => unknown): Promise<readonly string[]> {
  try {
    await leakCheck(fn, SOON);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(LeakError);
    return (error as LeakError).leaks;
  } finally {
    await tidy();
    await turns(3);
  }
}

describe("leakCheck", () => {
  it("gives what the function returns, when nothing is left", async () => {
    expect(await leakCheck(() => 5)).toBe(5);
    expect(await leakCheck(() => run(() => (sleep(1), 6)))).toBe(6);
  });

  it("throws what the function throws, in the first place", async () => {
    const error = new Error("x");
    const event = new Event();
    await expect(
      leakCheck(async () => {
        spawn(() => event.wait());
        await turns(1);
        throw error;
      }, SOON),
    ).rejects.toBe(error);
    event.set();
    await turns(2);
  });

  it("finds greenlets: name, what they wait for, where they were spawned", async () => {
    const event = new Event();
    const leaks = await leaksOf(
      () => {
        spawn(function forgotten() {
          event.wait();
        });
      },
      () => event.set(),
    );
    expect(leaks).toHaveLength(1);
    expect(leaks[0]).toMatch(
      /^greenlet "forgotten-\d+" waits in Event\.wait, spawned at .*leak-check\.test\.ts:\d+:\d+/,
    );
  });

  it("finds timers of the hub, and greenlets that sleep with them", async () => {
    const timers: Timer[] = [];
    const leaks = await leaksOf(
      () => timers.push(new Timer(50_000, () => {})),
      () => timers[0]?.stop(),
    );
    expect(leaks).toEqual([expect.stringMatching(/^a timer of the hub, which fires in \d+ ms$/)]);
    const sleepers: { kill(error?: unknown, how?: { block: boolean }): void }[] = [];
    const both = await leaksOf(
      () => sleepers.push(spawn(() => sleep(50_000))),
      () => sleepers[0]?.kill(undefined, { block: false }),
    );
    expect(both).toHaveLength(2);
  });

  it("finds descriptors, by where they lead", async () => {
    let fd = -1;
    const leaks = await leaksOf(
      () => {
        fd = openSync(import.meta.filename, "r");
      },
      () => closeSync(fd),
    );
    expect(leaks).toEqual([`descriptor ${fd} is open: ${import.meta.filename}`]);
  });

  it("finds servers and watchers", async () => {
    let server: Server | undefined;
    const leaks = await leaksOf(
      async () => {
        server = createServer().listen(0, "127.0.0.1");
        await turns(2);
      },
      () => new Promise((resolve) => server?.close(resolve)),
    );
    expect(leaks).toContain("1 active TCPServerWrap");
    expect(leaks).toContainEqual(expect.stringMatching(/^a server is open: 127\.0\.0\.1:\d+$/));
    expect(leaks.find((leak) => leak.includes("socket:"))).toMatch(/^descriptor \d+ is open/);

    const watchers: { close(): void }[] = [];
    const watched = await leaksOf(
      () => watchers.push(watch(import.meta.dirname, () => {})),
      () => watchers[0]?.close(),
    );
    expect(watched).toEqual([expect.stringMatching(/^1 active FSEvent/)]);
  });

  it("finds sockets, by where they lead, and waits longer for those that have begun to close", async () => {
    const sockets: Socket[] = [];
    const server = createServer({ allowHalfOpen: true }, (socket) => sockets.push(socket));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    let client: Socket | undefined;
    const open = async (): Promise<void> => {
      client = connect(port, "127.0.0.1");
      await once(client, "connect");
      while (sockets.length === 0) await turns(1);
    };
    const leaks = await leaksOf(open, () => {
      client?.destroy();
      sockets.pop()?.destroy();
    });
    const between = String.raw`from 127\.0\.0\.1:\d+ to 127\.0\.0\.1:\d+`;
    expect(
      leaks.filter((leak) => new RegExp(`^a socket is open: ${between}$`).test(leak)),
    ).toHaveLength(2);

    // The client has ended its side; the other one takes longer than `settle` for its own.
    await leakCheck(async () => {
      await open();
      client?.end();
      client?.resume();
      const [socket] = sockets.splice(0) as [Socket];
      socket.resume();
      await once(socket, "end");
      setTimeout(() => socket.end(), 3 * SOON.settle);
    }, SOON);
    server.close();
  });

  it("counts looks, too, for a machine that gives the process no time", async () => {
    await leakCheck(() => {
      let left = 20;
      const busy = (): void => {
        for (const end = performance.now() + SOON.settle / 4; performance.now() < end;);
        if (--left > 0) setImmediate(busy);
      };
      spawn(() => {
        busy();
        while (left > 0) sleep(0);
      });
    }, SOON);
  });

  it("finds a clock that was not put back", async () => {
    const clocks: { uninstall(): void }[] = [];
    const leaks = await leaksOf(
      () => clocks.push(fakeClock()),
      () => clocks[0]?.uninstall(),
    );
    expect(leaks).toEqual(["the clock of the hub has been replaced"]);
  });

  it("waits for what is about to end, and lets pass what it is told to", async () => {
    await leakCheck(() => {
      spawn(() => sleep(100));
    });
    const event = new Event();
    await leakCheck(
      () => {
        spawn(() => event.wait());
      },
      { ...SOON, ignore: (leak) => leak.includes("Event.wait") },
    );
    event.set();
    await turns(2);
    expect(getHub().greenlets()).toEqual([]);
  });

  it("does not count what was there before", async () => {
    const event = new Event();
    const older = spawn(() => event.wait());
    await turns(1);
    await leakCheck(() => run(() => sleep(1)), SOON);
    event.set();
    await older;
  });
});

describe("installLeakCheck", () => {
  const hooks = { before: (): void => {}, after: async (): Promise<void> => {} };
  installLeakCheck(
    {
      beforeEach: (fn) => (hooks.before = fn),
      afterEach: (fn) => (hooks.after = fn),
    },
    SOON,
  );

  it("looks around every test", async () => {
    hooks.before();
    await hooks.after();
    hooks.before();
    const event = new Event();
    spawn(() => event.wait());
    await expect(hooks.after()).rejects.toThrow(LeakError);
    hooks.before();
    await hooks.after();
    event.set();
    await turns(2);
  });
});
