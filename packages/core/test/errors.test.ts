import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import {
  blocking,
  BlockingSwitchOutError,
  ConcurrentObjectUseError,
  Event,
  getCurrent,
  GreenletExit,
  GreenlitError,
  InvalidSwitchError,
  LoopExit,
  noSwitch,
  Pool,
  Queue,
  QueueShutDown,
  run,
  scope,
  Semaphore,
  shield,
  sleep,
  StackExhaustedError,
  Timeout,
  UnsupportedPlatformError,
  wait,
  Waiter,
  withTimeout,
} from "../src/index.js";
import { outOfRange } from "../src/errors.js";
import { green, thrownBy, turns } from "@greenlit/testing";

describe("codes", () => {
  it("are stable, and names are the classes'", () => {
    const all: [GreenlitError, string, string][] = [
      [
        new BlockingSwitchOutError("sleep"),
        "BlockingSwitchOutError",
        "ERR_GREENLIT_BLOCKING_SWITCH_OUT",
      ],
      [
        new ConcurrentObjectUseError("x"),
        "ConcurrentObjectUseError",
        "ERR_GREENLIT_CONCURRENT_USE",
      ],
      [new GreenletExit(), "GreenletExit", "ERR_GREENLIT_EXIT"],
      [new InvalidSwitchError("x"), "InvalidSwitchError", "ERR_GREENLIT_INVALID_SWITCH"],
      [new LoopExit("x"), "LoopExit", "ERR_GREENLIT_LOOP_EXIT"],
      [new QueueShutDown(), "QueueShutDown", "ERR_GREENLIT_QUEUE_SHUT_DOWN"],
      [new StackExhaustedError("x"), "StackExhaustedError", "ERR_GREENLIT_STACK_EXHAUSTED"],
      [
        new UnsupportedPlatformError("x"),
        "UnsupportedPlatformError",
        "ERR_GREENLIT_UNSUPPORTED_PLATFORM",
      ],
    ];
    for (const [error, name, code] of all) {
      expect(error).toBeInstanceOf(GreenlitError);
      expect(error).toBeInstanceOf(Error);
      expect([error.name, error.code, `${error}`.startsWith(`${name}: `)]).toEqual([
        name,
        code,
        true,
      ]);
    }
  });

  it(
    "a Timeout's too",
    green(() => {
      const error = new Timeout(null);
      expect([error.name, error.code]).toEqual(["Timeout", "ERR_GREENLIT_TIMEOUT"]);
      expect(error).toBeInstanceOf(GreenlitError);
    }),
  );

  it("say where to read on: below the stack, not in the message", () => {
    const error = new QueueShutDown();
    const docs = "https://github.com/greenlit/greenlit/blob/main/docs/errors.md";
    expect(error.docs).toBe(`${docs}#err_greenlit_queue_shut_down`);
    expect(error.message).toBe("the queue has been shut down");
    const [, printed] = inspect(error)
      .split(/^    at .*/m)
      .slice(-2) as [string, string];
    expect(printed).toContain(`docs: '${error.docs}'`);
  });

  it("are the classes' own, by which `instanceof` knows errors of other copies", () => {
    const foreign = Object.assign(new Error("x"), { code: QueueShutDown.code });
    expect(foreign).toBeInstanceOf(QueueShutDown);
    expect(foreign).toBeInstanceOf(GreenlitError);
    expect(foreign).not.toBeInstanceOf(LoopExit);
    class OfTheProgram extends QueueShutDown {}
    expect(foreign).not.toBeInstanceOf(OfTheProgram);
    expect(new OfTheProgram()).toBeInstanceOf(QueueShutDown);
    // What is no error, or one of somebody else.
    const getter = Object.defineProperty(new Error("x"), "code", { get: () => LoopExit.code });
    for (const other of [{ code: LoopExit.code }, getter, new Error("x"), null, LoopExit.code]) {
      expect(other instanceof LoopExit || other instanceof GreenlitError).toBe(false);
    }
  });

  it("outOfRange says what was expected and what came", () => {
    expect(outOfRange("size", "a number", Symbol("x")).message).toBe(
      "size must be a number, not Symbol(x)",
    );
  });
});

/**
 * What else needs a greenlet, by the name its error must give; for the calls that block see
 * blocking-calls.test.ts.
 */
const semaphore = new Semaphore(0);
const NEED_GREENLET: Record<string, () => unknown> = {
  shield: () => shield(() => 1),
  Timeout: () => new Timeout(1),
  "my call": () => new Waiter("my call").wait(),
};

function check(error: unknown, what: string): void {
  expect(error, what).toBeInstanceOf(BlockingSwitchOutError);
  const { message, code } = error as BlockingSwitchOutError;
  expect(code).toBe("ERR_GREENLIT_BLOCKING_SWITCH_OUT");
  // What was called, why it cannot block there, and the two ways out.
  expect(message).toMatch(new RegExp(`^${what.replace(".", "\\.")} cannot block here: `));
  expect(message).toContain("outside any greenlet");
  expect(message).toContain("run(() => ...)");
  expect(message).toContain("wait(promise)");
}

describe("BlockingSwitchOutError", () => {
  it.each(Object.entries(NEED_GREENLET))("is thrown by %s on the hub", (what, call) => {
    check(thrownBy(call), what);
  });

  it("is thrown after an await, also in an async function that a greenlet called", async () => {
    await null;
    check(
      thrownBy(() => sleep(1)),
      "sleep",
    );
    const inside = await run(() => {
      const work = async (): Promise<unknown> => {
        sleep(1); // before the first await it is the greenlet's own code
        await null;
        return thrownBy(() => sleep(1));
      };
      return wait(work());
    });
    check(inside, "sleep");
  });

  it("is thrown in callbacks of timers, immediates, ticks, microtasks and streams, though set by a greenlet", async () => {
    const errors: unknown[] = [];
    const attempt = (): void => void errors.push(thrownBy(() => sleep(1)));
    await run(() => {
      setTimeout(attempt, 1);
      setImmediate(attempt);
      process.nextTick(attempt);
      queueMicrotask(attempt);
      void Promise.resolve().then(attempt);
      sleep(10);
    });
    await turns(2);
    expect(errors.length).toBeGreaterThanOrEqual(5);
    for (const error of errors) check(error, "sleep");
  });

  it("leaves nothing behind: what could not be waited for goes on as before", async () => {
    const queue = new Queue<number>();
    thrownBy(() => queue.get());
    queue.put(1);
    expect([queue.size, queue.get()]).toEqual([1, 1]);
    thrownBy(() => semaphore.acquire());
    semaphore.release();
    expect(semaphore.free).toBe(1);
    semaphore.acquire();
  });

  it("is not needed where nothing blocks", () => {
    const event = new Event();
    event.set();
    expect([event.wait(), new Semaphore(1).acquire(), wait(5)]).toEqual([true, true, 5]);
  });
});

it(
  "the stack of an error of greenlit's own begins with the program's line, also in few frames",
  green(() => {
    const queue = new Queue();
    const { stackTraceLimit } = Error;
    const pool = new Pool(1);
    Error.stackTraceLimit = 1;
    try {
      function theCaller(call: () => unknown): unknown {
        return call();
      }
      for (const call of [
        () => queue.get({ timeout: 0 }),
        () => [...queue.taking({ timeout: 0 })],
        () => new Semaphore(0).hold({ timeout: 0 }),
        () => pool.map(() => sleep(60_000), [1], { timeout: 0 }),
        () => [...pool.imap(() => sleep(60_000), [1], { timeout: 0 })],
        () => sleep(-1),
        () => queue.get({ timout: 1 } as never),
        () => withTimeout(1, () => sleep(60_000)),
        () => withTimeout(1, () => [...blocking(silent)]),
        () => scope(() => sleep(60_000), { timeout: 1 }),
        () => noSwitch(() => sleep(1)),
        () => getCurrent()?.join(),
        () => new Waiter("mine").wait({ timeout: 0 }),
      ]) {
        const error = thrownBy(() => theCaller(call)) as Error;
        const frames = (error.stack as string).split("\n    at ").slice(1);
        expect(frames, `${call}`).toEqual([expect.stringMatching(/errors\.test\.ts:\d+/)]);
      }
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
      pool.kill(); // `map` goes on after its timeout
    }
  }),
);

const silent: AsyncIterable<number> = {
  [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }),
};
