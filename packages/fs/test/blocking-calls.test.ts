// The contract of @greenlit/testing/blocking-calls, over all functions of files.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { config } from "@greenlit/core";
import {
  type BlockingCall,
  describeBlockingCalls,
  strayNames,
} from "@greenlit/testing/blocking-calls";
import { afterAll, describe, expect, it } from "vitest";

config.filesAtOnce = false;

/** The functions of this package, on a Node whose file system never answers. */
async function onSilentDisk(): Promise<Record<string, (...args: unknown[]) => unknown>> {
  const nodes = fs as unknown as Record<string, unknown>;
  const silence = Object.assign(() => {}, { native: () => {} });
  const before = Object.keys(nodes)
    .filter((name) => typeof nodes[`${name}Sync`] === "function")
    .map((name) => [name, nodes[name]] as const);
  for (const [name] of before) nodes[name] = silence;
  syncBuiltinESMExports(); // the package copies what it imports
  try {
    return (await import("../src/index.js")) as never;
  } finally {
    for (const [name, value] of before) nodes[name] = value;
    syncBuiltinESMExports();
  }
}

const functions = await onSilentDisk();

// Not in the working directory, should the disk not be silent.
const folder = fs.mkdtempSync(join(tmpdir(), "greenlit-fs-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));
const [from, to] = ["nowhere", "elsewhere"].map((name) => join(folder, name));

/** Made of others, which wait under their own names. */
const MADE_OF_OTHERS = ["cpSync", "globSync", "mkdtempDisposableSync"];

/** They take what Node's take: no times and no signals. */
const CALLS: BlockingCall[] = Object.entries(functions)
  .filter(([name]) => !MADE_OF_OTHERS.includes(name))
  .map(([name, call]) => ({
    name: `fs.${name}`,
    takes: [],
    blocked: () => ({ call: () => call(from, to) }),
  }));

it("every function is in the table", () => {
  const names = CALLS.map(({ name }) => name.slice("fs.".length));
  expect(strayNames(functions, names, MADE_OF_OTHERS)).toEqual({ missing: [], unknown: [] });
  expect(names.length).toBeGreaterThan(30);
});

describeBlockingCalls(CALLS, { describe, it });
