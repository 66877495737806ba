import { joinAll, sleep, spawn } from "@greenlit/core";
import { green } from "@greenlit/testing";
import { runProgram } from "@greenlit/testing/run-program";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { patchAll, unpatchAll } from "../src/index.js";
import { itIsAsNodes, type Row } from "./as-nodes.js";

type Wait = { wait: (...args: unknown[]) => string };

const words = (): Int32Array => new Int32Array(new SharedArrayBuffer(8));
const ROWS: Row<Wait>[] = [
  ["another value", (a) => a.wait(words(), 0, 1)],
  ["another value, with a timeout", (a) => a.wait(words(), 1, 1, 100)],
  ["no time", (a) => a.wait(words(), 0, 0, 0)],
  ["a time before now", (a) => a.wait(words(), 0, 0, -5)],
  ["some time", (a) => a.wait(words(), 0, 0, 5)],
  ["some time, as text", (a) => a.wait(words(), 0, 0, "5")],
  ["large words", (a) => a.wait(new BigInt64Array(new SharedArrayBuffer(8)), 0, 0n, 5)],
  ["a number for large words", (a) => a.wait(new BigInt64Array(new SharedArrayBuffer(8)), 0, 0)],
  ["memory that is not shared", (a) => a.wait(new Int32Array(2), 0, 0, 5)],
  ["words of another size", (a) => a.wait(new Int16Array(new SharedArrayBuffer(8)), 0, 0, 5)],
  ["an index outside", (a) => a.wait(words(), 9, 0, 5)],
  ["a symbol for an index", (a) => a.wait(words(), Symbol("x"), 0, 5)],
  ["a symbol for a time", (a) => a.wait(words(), 0, 0, Symbol("x"))],
  ["nothing", (a) => a.wait()],
];

describe("in a greenlet, as in Node", () => {
  itIsAsNodes("globalThis", Atomics as unknown as Wait, ROWS, undefined, "Atomics.");
});

describe("Atomics.wait", () => {
  beforeEach(() => patchAll());
  afterEach(unpatchAll);

  it(
    "waits for another greenlet",
    green(() => {
      const shared = words();
      const waiting = [1, 2].map(() => spawn(() => Atomics.wait(shared, 0, 0)));
      sleep(0);
      expect(Atomics.notify(shared, 0, 1)).toBe(1);
      waiting[0]?.join();
      expect(waiting.map((g) => g.ready)).toEqual([true, false]);
      expect(Atomics.notify(shared, 0)).toBe(1);
      joinAll(waiting);
      expect(waiting.map((g) => g.value)).toEqual(["ok", "ok"]);
    }),
  );

  it(
    "leaves what a killed greenlet was woken with to the next one",
    green(() => {
      const shared = words();
      const killed = spawn(() => Atomics.wait(shared, 0, 0));
      const next = spawn(() => Atomics.wait(shared, 0, 0));
      sleep(0);
      killed.kill();
      Atomics.notify(shared, 0, 1);
      expect(next.get()).toBe("ok");
    }),
  );

  it("keeps the loop alive, and is woken by other threads", async () => {
    const { passed, report } = await runProgram(new URL("programs/atomics.mjs", import.meta.url));
    expect(passed, report).toBe(true);
  });

  it("can be left as it is", () => {
    unpatchAll();
    const { wait } = Atomics;
    patchAll({ atomics: false });
    expect(Atomics.wait).toBe(wait);
  });
});
