// Where a time, an option or a function comes in from outside, nothing is taken for what it is not.
import { execFileSync } from "node:child_process";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import {
  after,
  blocking,
  config,
  Event,
  getHub,
  type Greenlet,
  GreenletExit,
  Group,
  joinAll,
  killAll,
  Pool,
  Queue,
  run,
  scope,
  select,
  shield,
  sleep,
  spawn,
  spawnLater,
  Timeout,
  Timer,
  wait,
  waitAll,
  withTimeout,
} from "../src/index.js";
import { checkOptions, checkTime, checkTimeout } from "../src/wait-options.js";
import { green, thrownBy } from "@greenlit/testing";

// The types forbid all of this; programs in JavaScript, and values from outside, do not know them.
const as = (value: unknown): never => value as never;

/** No numbers, though most would be added to a time, or compared with one, without complaint. */
const NO_NUMBERS = [
  "50",
  "",
  "x",
  true,
  false,
  [50],
  {},
  50n,
  new Date(50),
  Object(50),
  () => 50,
  Symbol("50"),
];
const OUT_OF_RANGE = [-1, -0.001, Number.NaN, -Infinity];

describe("a time", () => {
  it("is a number of milliseconds, 0 or more", () => {
    for (const right of [0, -0, 0.5, 1e300, Infinity]) checkTime("ms", right);
    for (const right of [undefined, null, 0, 0.5, 1e300, Infinity]) checkTimeout("timeout", right);
    expect(() => checkTime("delay", -5)).toThrow(
      "delay must be a number of milliseconds, 0 or more, not -5",
    );
  });

  it("given as a string, from a variable of the environment say, is refused with what to write", () => {
    for (const text of ["50", "1e3", 50n]) {
      expect(() => checkTime("ms", as(text))).toThrow(/write Number\(\.\.\.\) around it$/);
    }
    for (const text of ["", "soon", "-1"]) {
      expect(() => checkTime("ms", as(text))).toThrow(/, not "[^"]*"$/);
    }
  });

  /** Where one comes in, beside the `timeout` of blocking calls: blocking-calls.test.ts. */
  const PLACES: Record<string, (ms: number) => unknown> = {
    sleep: (ms) => sleep(ms),
    spawnLater: (ms) => spawnLater(ms, () => {}),
    after: (ms) => after(ms),
    Timeout: (ms) => new Timeout(ms),
    withTimeout: (ms) => withTimeout(ms, () => {}),
    "withTimeout with a fallback": (ms) => withTimeout(ms, () => {}, "late"),
    Timer: (ms) => new Timer(ms, () => {}),
    "the grace of a kill": (grace) => {
      const g = spawn(() => {});
      try {
        g.kill(undefined, { grace });
      } finally {
        expect(g.ready).toBe(false);
        g.join();
      }
    },
    "the grace of killAll": (grace) => killAll([], undefined, { grace }),
    "the grace of a group's kill": (grace) => new Group().kill(undefined, { grace }),
    "the limit of the monitor": (limit) => getHub().monitor({ limit }),
  };

  it.each(Object.entries(PLACES))("is checked in %s", (name, call) =>
    green(() => {
      const before = [getHub().greenlets().length, getHub().clock.pending];
      const optional = name.includes("grace");
      const nullable = optional || /withTimeout|Timeout/.test(name);
      for (const wrong of OUT_OF_RANGE) {
        expect(
          thrownBy(() => call(wrong)),
          String(wrong),
        ).toBeInstanceOf(RangeError);
      }
      const noNumbers: unknown[] = [...NO_NUMBERS, ...(nullable ? [] : [null])];
      for (const wrong of noNumbers) {
        const error = thrownBy(() => call(as(wrong))) as Error;
        expect(error, String(wrong)).toBeInstanceOf(TypeError);
        expect(error.message).toMatch(/^(ms|grace|limit) must be a number of milliseconds/);
      }
      expect([getHub().greenlets().length, getHub().clock.pending]).toEqual(before);
    })(),
  );

  it(
    "absent, where there must be one, is refused, too",
    green(() => {
      for (const call of [
        () => spawnLater(as(undefined), () => {}),
        () => new Timeout(as(undefined)),
        () => withTimeout(as(undefined), () => {}),
        () => after(as(undefined)),
        () => sleep(as(null)),
      ]) {
        expect(thrownBy(call)).toBeInstanceOf(TypeError);
      }
    }),
  );

  it("in a setting is checked, from the environment and from the program", () => {
    for (const wrong of ["5", null, undefined, [5], 5n, new Date(5)]) {
      const before = config.budget;
      expect(() => (config.budget = as(wrong))).toThrow(/^config\.budget must be a number, not /);
      expect(config.budget).toBe(before);
    }
    expect(() => (config.grace = -1)).toThrow(RangeError);
    expect(() => (config.errorSites = as("false"))).toThrow(TypeError);
    const core = new URL("../dist/index.js", import.meta.url).href;
    for (const wrong of [" ", "5 ms", "-1", "NaN"]) {
      const env = { ...process.env, GREENLIT_BUDGET: wrong };
      const args = ["--input-type=module", "-e", `await import(${JSON.stringify(core)})`];
      expect(() => execFileSync(process.execPath, args, { env, stdio: "pipe" })).toThrow(
        /GREENLIT_BUDGET must be a number, 0 or more/,
      );
    }
  });
});

describe("options", () => {
  it("may be absent, empty, without a prototype, and inherit", () => {
    checkOptions("call", undefined, ["a"]);
    checkOptions("call", {}, ["a"]);
    checkOptions("call", Object.assign(Object.create(null), { a: 1 }), ["a"]);
    checkOptions("call", Object.create({ a: 1 }), ["a"]);
    checkOptions("call", { a: undefined, [Symbol("b")]: 1 }, ["a"]);
  });

  it("with a name that is nearly one that is known: did you mean that?", () => {
    const known = ["timeout", "signal", "raiseError", "count"];
    const asked = (name: string): string => {
      const error = thrownBy(() => checkOptions("joinAll", { [name]: 1 }, known)) as Error;
      return /did you mean "(\w+)"\?/.exec(error.message)?.[1] ?? "";
    };
    expect(["timout", "tiemout", "timeOut", "timeoutMs", "TIMEOUT"].map(asked)).toEqual(
      Array.from({ length: 5 }, () => "timeout"),
    );
    expect(["raise_error", "raiseerror", "signl", "cuont"].map(asked)).toEqual([
      "raiseError",
      "raiseError",
      "signal",
      "count",
    ]);
    expect(["block", "ms", "", "x", "__proto__x"].map(asked)).toEqual(["", "", "", "", ""]);
  });
});

describe("what was meant in another way is refused, with the right way", () => {
  const promise = new Promise(() => {});
  const MEANT: [name: string, call: () => unknown, says: RegExp][] = [
    ["wait([promise])", () => wait([promise]), /wait\(Promise\.all\(\[\.\.\.\]\)\)/],
    ["wait([greenlet])", () => wait([spawn(() => 1)]), /waitAll\(\[\.\.\.\]\), joinAll/],
    ["wait([1, event])", () => wait([1, new Event()]), /waitAll/],
    ["wait(fn)", () => wait(() => 1), /a promise, not a function: write wait\(fn\(\)\)/],
    ["wait(class)", () => wait(Event), /not a class/],
    ["wait(event)", () => wait(new Event()), /not an Event: call its own method/],
    ["wait(queue)", () => wait(new Queue()), /not a Queue/],
    ["wait()", () => Reflect.apply(wait, null, []), /write wait\(promise\)/],
    ["joinAll(greenlet)", () => joinAll(as(spawn(() => 1))), /not a Greenlet: write joinAll\(\[/],
    ["joinAll()", () => joinAll(as(undefined)), /not undefined: write joinAll/],
    ["joinAll([fn])", () => joinAll([as(() => 1)]), /^greenlets\[0\] .* write spawn\(fn\)/],
    ["joinAll([1])", () => joinAll([as(1)]), /^greenlets\[0\] must be a greenlet, not 1/],
    ["joinAll([undefined])", () => joinAll([as(undefined)]), /not undefined/],
    ["joinAll([promise])", () => joinAll([as(promise)]), /not a Promise: write waitAll/],
    ["joinAll([g, null])", () => joinAll([spawn(() => 1), as(null)]), /^greenlets\[1\]/],
    ["joinAll([], 10)", () => joinAll([], as(10)), /\{ timeout: 10 \}/],
    ["joinAll([], true)", () => joinAll([], as(true)), /\{ raiseError: true \}/],
    ["killAll(greenlet)", () => killAll(as(spawn(() => 1))), /killAll\(\[/],
    ["killAll([1])", () => killAll([as(1)]), /^greenlets\[0\]/],
    [
      "killAll([], options)",
      () => killAll([], { block: false }),
      /killAll\(greenlets, undefined, options\)/,
    ],
    [
      "waitAll(greenlet)",
      () => waitAll(as(spawn(() => 1))),
      /^objects must be an iterable, not a Greenlet/,
    ],
    [
      "waitAll(g, g)",
      () => waitAll([spawn(() => 1)], as([spawn(() => 1)])),
      /^options .* not an Array/,
    ],
    ["waitAll([fn])", () => waitAll([as(() => 1)]), /^objects\[0\] .* write spawn\(fn\)/],
    ["waitAll([], { count })", () => waitAll([], { count: as("2") }), /^count must be/],
    ["withTimeout(ms)", () => withTimeout(10, as(undefined)), /write withTimeout\(ms, \(\) => /],
    [
      "withTimeout(fn, ms)",
      () =>
        withTimeout(
          as(() => 1),
          as(10),
        ),
      /write withTimeout\(ms, /,
    ],
    [
      "withTimeout(ms, promise)",
      () => withTimeout(10, as(promise)),
      /not a Promise: .*function itself/,
    ],
    [
      "select(queue)",
      () => select(as(new Queue())),
      /^sources must be an array, not a Queue: write select\(\[/,
    ],
    ["select([1])", () => select([as(1)]), /^sources\[0\]/],
    ["select([], false)", () => select([new Event()], as(true)), /\{ priority: true \}/],
    [
      "spawn()",
      () => spawn(as(undefined)),
      /write spawn\(fn, \.\.\.args\), with the function itself/,
    ],
    ["spawn(promise)", () => spawn(as(promise)), /not a Promise: write spawn/],
    ["run(5)", () => run(as(5)), /fn must be a function, not 5/],
    [
      "spawnLater(fn, ms)",
      () =>
        spawnLater(
          as(() => 1),
          as(5),
        ),
      /^ms must be a number of milli/,
    ],
    ["scope()", () => scope(as(undefined)), /write scope\(\(s\) => /],
    ["pool.spawn(1)", () => new Pool(1).spawn(as(1)), /fn must be a function, not 1/],
    ["pool.apply()", () => new Pool(1).apply(as(undefined)), /write apply/],
    [
      "pool.map(list, fn)",
      () =>
        new Pool(1).map(
          as([1]),
          as(() => 1),
        ),
      /^fn .* not an Array: write map\(fn, items/,
    ],
    ["pool.map(fn)", () => new Pool(1).map(() => 1, as(undefined)), /^items must be an iterable/],
    ["pool.map(fn, 5)", () => new Pool(1).map(() => 1, as(5)), /^items must be an iterable, not 5/],
    [
      "pool.imap(list, fn)",
      () => [
        ...new Pool(1).imap(
          as([1]),
          as(() => 1),
        ),
      ],
      /^fn .* write imap/,
    ],
    ["imap's maxSize", () => [...new Pool(1).imap(() => 1, [], { maxSize: as("2") })], /^maxSize/],
    [
      "pool.map(fn, stream)",
      () => new Pool(1).map(() => 1, as(Readable.from([1]))),
      /write blocking/,
    ],
    [
      "blocking([])",
      () => [...blocking(as([1]))],
      /^source must be an async iterable, not an Array/,
    ],
    ["shield()", () => shield(as(undefined)), /write shield/],
    ["queue.shutdown(true)", () => new Queue().shutdown(as(true)), /\{ immediate: true \}/],
    [
      "queue.get(false)",
      () => new Queue().get(as(false)),
      /\{ timeout: 0 \}\) to wait for nothing/,
    ],
    [
      "sleep(1, { timeout })",
      () => sleep(1, as({ timeout: 5 })),
      /^sleep has no option "timeout"\. It takes signal/,
    ],
    ["event.link()", () => new Event().link(as(undefined)), /write link\(fn\)/],
  ];

  it.each(MEANT)("%s", (_, call, says) =>
    green(() => {
      const error = thrownBy(call) as Error;
      expect(error.name, error.stack).toMatch(/^(TypeError|RangeError)$/);
      expect(error.message).toMatch(says);
      sleep(1); // what was spawned for it ends
    })(),
  );

  it(
    "kill with its options first, or with a class",
    green(() => {
      const g = spawn(() => sleep(10_000)) as Greenlet;
      sleep(0);
      expect(() => g.kill({ block: false })).toThrow(
        /not an object: write kill\(undefined, options\)/,
      );
      expect(() => g.kill({ timeout: 5 })).toThrow(TypeError);
      expect(() => g.kill(GreenletExit)).toThrow(/not a class: write kill\(new GreenletExit\(\)\)/);
      expect(() => g.kill(undefined, as(false))).toThrow(/\{ block: false \}/);
      expect(() => g.kill(undefined, as({ blok: false }))).toThrow(/did you mean "block"\?/);
      sleep(0);
      expect(g.ready).toBe(false);
      g.kill({ some: "thing" });
      expect(g.exception).toEqual({ some: "thing" });
    }),
  );

  it(
    "but values are values",
    green(() => {
      for (const value of [[], [1, 2], {}, null, undefined, 0, "text", new Map(), [null]]) {
        expect(wait(value)).toBe(value);
      }
      const shy = Object.defineProperty({}, "ready", {
        get() {
          throw new Error("not yet");
        },
      });
      expect(wait(shy)).toBe(shy);
      expect(wait([shy])).toEqual([shy]);
    }),
  );
});
