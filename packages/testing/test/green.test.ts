import { Event, getCurrent, getHub, shield, sleep, spawn, spawnLater } from "@greenlit/core";
import { describe, expect, it, test } from "vitest";
import { green, LeakError, turns } from "../src/index.js";

describe("green", () => {
  it(
    "runs the body in a greenlet, where it may block",
    green(() => {
      sleep(1);
      expect(getCurrent()).not.toBe(null);
    }),
  );

  it("is not over before the body is, and gives what it returns", async () => {
    let ended = false;
    const value = await green(() => {
      sleep(5);
      ended = true;
      return 7;
    })();
    expect([value, ended]).toEqual([7, true]);
  });

  it("rejects with the very error of the body", async () => {
    const error = new TypeError("from the body");
    await expect(
      green(() => {
        sleep(0);
        throw error;
      })(),
    ).rejects.toBe(error);
  });

  it.each([
    [1, "one"],
    [2, "two"],
  ])(
    "passes arguments on: %i %s",
    green((number: number, name: string) => {
      expect([number, name]).toEqual(number === 1 ? [1, "one"] : [2, "two"]);
    }),
  );

  it(
    "passes the runner's context on",
    green(({ task }) => {
      expect(task.name).toBe("passes the runner's context on");
    }),
  );

  const withNumber = test.extend<{ number: number }>({
    // oxlint-disable-next-line no-empty-pattern -- vitest wants a pattern
    number: async ({}, use) => use(42),
  });
  withNumber(
    "lets vitest see which fixtures the body names",
    green(({ number }) => {
      expect(number).toBe(42);
    }),
  );

  it("names the greenlet after the body, and takes as many parameters", async () => {
    function body(_a: number, _b: string): string | undefined {
      return getCurrent()?.name;
    }
    const wrapped = green(body);
    expect([wrapped.name, wrapped.length]).toEqual(["body", 2]);
    expect(await wrapped(1, "")).toMatch(/^body-\d+$/);
  });

  it("kills what the body leaves behind, and fails with a list of it", async () => {
    const fates: string[] = [];
    const error = (await green(() => {
      const [event, mayEnd] = [new Event(), new Event()];
      spawn(function forgotten() {
        try {
          event.wait();
        } finally {
          fates.push("cleaned up");
          mayEnd.set();
        }
      });
      spawn(function second() {
        shield(() => mayEnd.wait());
        fates.push("shielded");
      });
      spawnLater(60_000, function late() {});
      sleep(0);
    })().catch((error: unknown) => error)) as LeakError;
    expect(error).toBeInstanceOf(LeakError);
    expect(error.leaks).toHaveLength(3);
    expect(error.leaks[0]).toMatch(
      /^greenlet "forgotten-\d+" waits in Event\.wait, spawned at .*green\.test\.ts:\d+:\d+\)?\n {4}at .*\n/,
    );
    expect(error.leaks[1]).toMatch(/^greenlet "second-\d+" waits in Event\.wait, spawned at/);
    expect(error.leaks[2]).toMatch(/^greenlet "late-\d+" is queued, spawned at/);
    expect(error.message).toMatch(/^left behind:\n {2}greenlet "forgotten/);
    expect(getHub().greenlets()).toEqual([]);
    expect(fates).toEqual(["cleaned up", "shielded"]);
  });

  it("kills it too when the body fails, whose error goes first", async () => {
    const error = new Error("from the body");
    const failing = green(() => {
      spawn(() => sleep(60_000));
      sleep(0);
      throw error;
    });
    await expect(failing()).rejects.toBe(error);
    expect(getHub().greenlets()).toEqual([]);
  });

  it("leaves alone what was there before, and what is about to end", async () => {
    const event = new Event();
    const older = spawn(() => event.wait());
    await turns(1);
    await green(() => {
      spawn(() => sleep(0));
      spawn(() => {}).kill(undefined, { block: false });
    })();
    expect(older.dead).toBe(false);
    event.set();
    await older;
  });

  it("kills the body when the runner gives up on the test", async () => {
    const giveUp = new AbortController();
    const reason = new Error("the test took too long");
    let ended = false;
    const waiting = green((_context: { signal: AbortSignal }) => {
      try {
        sleep(60_000);
      } finally {
        ended = true;
      }
    })({ signal: giveUp.signal });
    await turns(2);
    giveUp.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(ended).toBe(true);
  });
});
