// That nothing which blocks has been overlooked: what a new Node adds makes these tests fail, until
// somebody has decided about it.
import childProcess from "node:child_process";
import crypto from "node:crypto";
import fs from "node:fs";
import zlib from "node:zlib";
import { afterAll, beforeAll, expect, it } from "vitest";
import { isPatched, patchAll, unpatchAll } from "../src/index.js";

beforeAll(() => patchAll());
afterAll(() => unpatchAll());

const MODULES = { child_process: childProcess, crypto, fs, zlib };

/** What stays Node's, and why. */
const NODES_OWN: Record<string, string> = {
  "fs.lchmodSync": "is there only on macOS",
  "fs.openAsBlobSync": "a Blob reads nothing before it is asked to",
  "zlib.createZipArchiveSync": "is experimental",
};

it.each(Object.entries(MODULES))("every *Sync of %s is patched", (module, exports) => {
  const blocking = Object.entries(Object.getOwnPropertyDescriptors(exports))
    .filter(([name, { value, get }]) => name.endsWith("Sync") && (value ?? get) !== undefined)
    .map(([name]) => name);
  expect(blocking.length).toBeGreaterThan(2);
  const left = blocking.filter((name) => !isPatched(module, name));
  expect(left.filter((name) => !(`${module}.${name}` in NODES_OWN))).toEqual([]);
});

it("so are those that block under another name", () => {
  const names = ["randomBytes", "sign", "verify"];
  expect(names.filter((name) => !isPatched("crypto", name))).toEqual([]);
});
