import { expect, it } from "vitest";
import { Ledger } from "../src/ledger.js";

const thing = (): Record<string, unknown> => ({ a: "Node's" });

it("replaces and adds, once for each owner, and knows what was there", () => {
  const [ledger, target] = [new Ledger(), thing()];
  ledger.put("patch", "fs", "a", target, "patched");
  ledger.put("patch", "fs", "a", target, "again");
  ledger.put("patch", "fs", "Class.prototype.b", target, "added");
  expect(target).toEqual({ a: "patched", b: "added" });
  expect(ledger.find("node:fs", "a")).toEqual({ before: "Node's" });
  expect(ledger.find("fs", "Class.prototype.b")).toEqual({ before: undefined });
  expect([ledger.find("fs", "b"), ledger.find("net"), ledger.find("fs", "a", "core")]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

it("keeps what belongs to core when the patch is undone, in whichever order they came", () => {
  for (const owners of [
    ["core", "patch"],
    ["patch", "core"],
  ] as const) {
    const [ledger, target] = [new Ledger(), thing()];
    for (const owner of owners) ledger.put(owner, "module", "a", target, owner);
    ledger.put("patch", "module", "b", target, "added");
    expect(ledger.find("module", "a")).toEqual({ before: "Node's" });
    ledger.unpatch();
    // What core has put on top goes on to call the patch's, which is harmless.
    expect(target).toEqual({ a: "core" });
    expect(ledger.find("module", "a", "patch")).toBe(undefined);
    expect(ledger.find("module", "a")).not.toBe(undefined);
  }
});

it("leaves alone what somebody else has changed since", () => {
  const [ledger, target] = [new Ledger(), thing()];
  ledger.put("patch", "fs", "a", target, "patched");
  target["a"] = "somebody's";
  ledger.unpatch();
  expect(target).toEqual({ a: "somebody's" });
});
