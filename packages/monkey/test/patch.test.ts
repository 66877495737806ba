import dns from "node:dns";
import fs, { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import Module from "node:module";
import net from "node:net";
import timers from "node:timers";
import { getCurrent, run } from "@greenlit/core";
import * as cooperative from "@greenlit/fs";
import { afterEach, describe, expect, it } from "vitest";
import { isPatched, original, patch, patchAll, unpatchAll } from "../src/index.js";

const TARGETS = {
  dns,
  fs,
  globalThis,
  http,
  https,
  Module,
  net,
  socket: net.Socket.prototype,
  timers,
};

/** Everything a program could see of the objects the patch touches. */
function snapshot(): Record<string, [PropertyKey, PropertyDescriptor | undefined][]> {
  return Object.fromEntries(
    Object.entries(TARGETS).map(([name, target]) => [
      name,
      Reflect.ownKeys(target).map((key) => [key, Object.getOwnPropertyDescriptor(target, key)]),
    ]),
  );
}

/** That `value` is the same object, not only an equal one. */
function sameDescriptors(
  actual: ReturnType<typeof snapshot>,
  expected: ReturnType<typeof snapshot>,
): void {
  for (const [name, properties] of Object.entries(expected)) {
    expect(actual[name]?.map(([key]) => key)).toEqual(properties.map(([key]) => key));
    for (const [index, [key, descriptor]] of properties.entries()) {
      const other = actual[name]?.[index]?.[1];
      const same =
        Object.is(other?.value, descriptor?.value) &&
        other?.get === descriptor?.get &&
        other?.enumerable === descriptor?.enumerable &&
        other?.writable === descriptor?.writable &&
        other?.configurable === descriptor?.configurable;
      expect([name, key, same]).toEqual([name, key, true]);
    }
  }
}

afterEach(unpatchAll);

describe("unpatchAll", () => {
  it("puts everything back: keys, their order, values and attributes", () => {
    // Read once, so that lazy properties of globalThis and fs are what they will be.
    void [globalThis.fetch, fs.promises];
    const before = snapshot();
    patchAll();
    expect(snapshot()).not.toEqual(before);
    unpatchAll();
    sameDescriptors(snapshot(), before);
  });

  it("leaves alone what somebody else has replaced meanwhile", () => {
    const before = fs.statSync;
    patchAll();
    const theirs = (): undefined => undefined;
    const mutable = fs as { statSync: unknown };
    mutable.statSync = theirs;
    unpatchAll();
    expect(fs.statSync).toBe(theirs);
    mutable.statSync = before;
  });

  it("leaves working functions to who kept one", async () => {
    patchAll();
    const { existsSync } = fs;
    unpatchAll();
    expect(existsSync("/")).toBe(true);
    expect(await run(() => existsSync("/"))).toBe(true);
  });
});

describe("patch", () => {
  it("does nothing the second time", () => {
    patchAll();
    const once = snapshot();
    patchAll();
    patch({ fs: true });
    sameDescriptors(snapshot(), once);
  });

  it("patches what it is told, and more later", () => {
    patch({ net: true, fs: false });
    expect([isPatched("net"), isPatched("fs"), "connectSync" in net]).toEqual([true, false, true]);
    patch({ fs: true });
    expect([isPatched("net"), isPatched("fs")]).toEqual([true, true]);
  });

  it("reaches named imports: they are live", () => {
    const nodes = readFileSync;
    patchAll();
    expect(readFileSync).not.toBe(nodes);
    expect(readFileSync).toBe(fs.readFileSync);
    unpatchAll();
    expect(readFileSync).toBe(nodes);
  });

  it("keeps names, lengths, properties and attributes", () => {
    const before = new Map(
      Object.keys(fs).map((key) => [key, Object.getOwnPropertyDescriptor(fs, key)] as const),
    );
    // Not `prototype`: nobody constructs them, and Node itself uses arrow functions for some.
    const shape = (value: unknown): unknown =>
      typeof value === "function"
        ? [
            value.name,
            value.length,
            Reflect.ownKeys(value)
              .map(String)
              .filter((key) => key !== "prototype")
              .sort(),
            typeof value,
          ]
        : null;
    patch({ fs: true });
    let replaced = 0;
    for (const [key, descriptor] of before) {
      const now = Object.getOwnPropertyDescriptor(fs, key);
      if (now?.value !== descriptor?.value) replaced += 1;
      expect({ ...now, value: shape(now?.value) }).toEqual({
        ...descriptor,
        value: shape(descriptor?.value),
      });
    }
    expect(replaced).toBe(Object.keys(cooperative).length);
    expect(shape(fs.realpathSync.native)).toEqual(
      shape(original<typeof fs.realpathSync>("fs", "realpathSync").native),
    );
  });
});

describe("isPatched and original", () => {
  it("know every function by module and name", () => {
    const nodes = fs.readFileSync;
    expect([isPatched("fs"), isPatched("fs", "readFileSync")]).toEqual([false, false]);
    expect(original("fs", "readFileSync")).toBe(nodes);
    patchAll();
    expect([
      isPatched("node:fs"),
      isPatched("fs", "readFileSync"),
      isPatched("fs", "readFile"),
    ]).toEqual([true, true, false]);
    expect(original("node:fs", "readFileSync")).toBe(nodes);
    expect(original("fs", "readFile")).toBe(fs.readFile);
    expect(original("net", "connectSync")).toBe(undefined);
    expect(isPatched("net", "Socket.prototype.readSync")).toBe(true);
    expect(original("globalThis", "fetch")).toBe(globalThis.fetch);
  });
});

describe("a patched function", () => {
  it("is cooperative in a greenlet, and Node's own outside", async () => {
    patchAll();
    const order: string[] = [];
    const switched = (work: () => unknown): boolean => {
      order.length = 0;
      // A microtask runs as soon as the greenlet lets go of the thread.
      queueMicrotask(() => order.push("microtask"));
      work();
      order.push("done");
      return order[0] === "microtask";
    };
    expect(switched(() => fs.statSync("/"))).toBe(false);
    expect(await run(() => switched(() => fs.statSync("/")))).toBe(true);
    expect(await run(() => switched(() => fs.realpathSync.native("/")))).toBe(true);
    expect(await run(() => switched(() => getCurrent()))).toBe(false);
  });

  it("passes `this` and arguments on to Node's", () => {
    const nodes = fs.existsSync;
    const calls: unknown[] = [];
    fs.existsSync = function (this: unknown, ...args: unknown[]) {
      calls.push([this, args]);
      return true;
    } as never;
    try {
      patch({ fs: true });
      const self = {};
      (fs.existsSync as (...args: unknown[]) => boolean).call(self, 1, 2, 3);
      expect(calls).toEqual([[self, [1, 2, 3]]]);
    } finally {
      unpatchAll();
      fs.existsSync = nodes;
    }
  });
});
