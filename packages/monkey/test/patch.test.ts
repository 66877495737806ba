import childProcess from "node:child_process";
import crypto from "node:crypto";
import dns from "node:dns";
import fs, { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import Module from "node:module";
import net from "node:net";
import timers from "node:timers";
import zlib from "node:zlib";
import { getCurrent, InvalidSwitchError, noSwitch, run, sleep, spawn } from "@greenlit/core";
import * as cooperative from "@greenlit/fs";
import { green } from "@greenlit/testing";
import { afterEach, describe, expect, it } from "vitest";
import {
  isPatched,
  listKept,
  listPatched,
  original,
  patch,
  patchAll,
  patched,
  unpatchAll,
} from "../src/index.js";

const TARGETS = {
  childProcess,
  crypto,
  dns,
  fs,
  globalThis,
  http,
  https,
  Module,
  net,
  socket: net.Socket.prototype,
  timers,
  zlib,
};

/** Everything a program could see of the objects the patch touches. */
function snapshot(): Record<string, [PropertyKey, PropertyDescriptor][]> {
  return Object.fromEntries(
    Object.entries(TARGETS).map(([name, target]) => [
      name,
      Reflect.ownKeys(target).map((key) => [
        key,
        Object.getOwnPropertyDescriptor(target, key) as PropertyDescriptor,
      ]),
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
    const before = snapshot();
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
    patchAll();
    const replaced = new Map<string, number>();
    for (const [module, properties] of Object.entries(snapshot())) {
      const nodes = new Map(before[module]);
      for (const [key, { value, ...attributes }] of properties) {
        if (!nodes.has(key)) continue;
        const { value: nodesValue, ...nodesAttributes } = nodes.get(key) as PropertyDescriptor;
        // Not what Node itself makes when it is first asked for.
        if (typeof nodesValue !== "function") continue;
        if (value !== nodesValue) replaced.set(module, (replaced.get(module) ?? 0) + 1);
        expect(attributes).toEqual(nodesAttributes);
        expect(shape(value)).toEqual(shape(nodesValue));
      }
    }
    const there = Object.keys(cooperative).filter((name) => name in fs);
    expect(replaced.get("fs")).toBe(there.length);
    expect([...replaced.keys()].sort()).toEqual(["Module", "childProcess", "crypto", "fs", "zlib"]);
    expect(shape(fs.realpathSync.native)).toEqual(
      shape(original<typeof fs.realpathSync>("fs", "realpathSync").native),
    );
  });
});

describe("patched", () => {
  const switches = (call: () => unknown): boolean => {
    try {
      noSwitch(call);
      return false;
    } catch (error) {
      expect(error).toBeInstanceOf(InvalidSwitchError);
      return true;
    }
  };
  /** Of a function that is never made at once. */
  const access = (): boolean => switches(() => fs.statfsSync("/"));

  it(
    "makes the calls cooperative that are made inside, and by what is spawned there",
    green(() => {
      const outside = spawn(() => {
        sleep(0);
        return access();
      });
      const inside = patched(() => {
        const spawned = spawn(access);
        return [access(), spawned.get(), outside.get(), access()];
      });
      expect([...inside, access()]).toEqual([true, true, false, true, false]);
      expect(() =>
        patched(() => {
          throw new Error("thrown");
        }),
      ).toThrow("thrown");
      expect(access()).toBe(false);
    }),
  );

  it(
    "patches what it is told",
    green(() => {
      const hash = (): boolean => switches(() => crypto.scryptSync("", "", 8));
      const both = patched(
        () => [access(), hash(), ...patched(() => [access(), hash()], { fs: true })],
        { crypto: true },
      );
      expect(both).toEqual([false, true, true, true]);
      patch({ fs: true });
      expect([access(), hash()]).toEqual([true, false]);
    }),
  );
});

describe("modules that were loaded before", () => {
  it("are named when they have kept what is patched", async () => {
    const { _cache: cache } = Module as unknown as { _cache: Record<string, unknown> };
    const paths = ["/x/node_modules/@some/keeper/index.js", "/x/node_modules/lazy/index.js"];
    const exports = { read: fs.readFileSync, stat: fs.statSync };
    const lazy = Object.defineProperty({}, "read", { get: () => expect.unreachable() });
    cache[paths[0] as string] = { exports };
    cache[paths[1] as string] = { exports: lazy };
    const warnings: unknown[] = [];
    const listen = (warning: Error): unknown => warnings.push(warning.message);
    process.on("warning", listen);
    patchAll();
    unpatchAll();
    patchAll();
    await new Promise(setImmediate);
    process.off("warning", listen);
    for (const path of paths) delete cache[path];
    expect(warnings).toEqual([
      "@some/keeper was loaded before the patch and has kept functions of Node's, which block: read, stat",
    ]);
  });
});

describe("listPatched and listKept", () => {
  it("list what is replaced, added and wrapped, and nothing when it is undone", () => {
    const ofPatch = (): unknown[] => listPatched().filter(({ by }) => by === "patch");
    expect(ofPatch()).toEqual([]);
    patch({ net: true, fs: true });
    const row = { by: "patch", wrapped: false };
    expect(listPatched()).toContainEqual({
      module: "fs",
      name: "statSync",
      how: "replaced",
      ...row,
    });
    expect(listPatched()).toContainEqual({
      module: "net",
      name: "connectSync",
      how: "added",
      ...row,
    });
    const mutable = fs as { statSync: unknown };
    const ours = mutable.statSync;
    mutable.statSync = () => undefined;
    const wrapped = listPatched().filter((one) => one.wrapped);
    expect(wrapped.map(({ name }) => name)).toEqual(["statSync"]);
    mutable.statSync = ours;
    unpatchAll();
    expect(ofPatch()).toEqual([]);
  });

  it("name who has kept what", () => {
    const { _cache: cache } = Module as unknown as { _cache: Record<string, unknown> };
    const path = "/x/node_modules/@other/keeper/index.js";
    cache[path] = { exports: { read: fs.readFileSync } };
    expect(listKept()).toEqual([]);
    patch({ fs: true });
    const kept = listKept().filter(({ owner }) => owner === "@other/keeper");
    delete cache[path];
    expect(kept).toEqual([{ owner: "@other/keeper", names: ["read"] }]);
  });
});

describe("isPatched and original", () => {
  it("know what core needs, too, which stays when the patch is undone", async () => {
    await run(() => {}); // with the first greenlet
    expect(isPatched("module", "_load")).toBe(true);
    patchAll();
    unpatchAll();
    expect([isPatched("module", "_load"), isPatched("fs")]).toEqual([true, false]);
    expect(original("module", "_load")).not.toBe((Module as unknown as { _load: unknown })._load);
  });

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
    expect(original("fs", "realpathSync.native")).not.toBe(fs.realpathSync.native);
    expect(original("fs", "realpathSync.native")).toBe(
      original<typeof fs.realpathSync>("fs", "realpathSync").native,
    );
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
    expect(switched(() => fs.statfsSync("/"))).toBe(false);
    expect(await run(() => switched(() => fs.statfsSync("/")))).toBe(true);
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
