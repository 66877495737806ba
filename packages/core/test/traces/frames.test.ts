import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import {
  placed,
  placeHere,
  placeLater,
  Site,
  userFrame,
  userFrames,
} from "../../src/traces/frames.js";

const own = new URL("../../../core/dist/hub/hub.js", import.meta.url).href;

it("finds the first frame that is not greenlit's own", () => {
  const stack = `Error: x\n    at park (${own}:1:2)\n    at main (file:///app/main.js:3:4)\n    at other (file:///app/main.js:5:6)`;
  expect(userFrame(stack)).toBe("at main (file:///app/main.js:3:4)");
});

it("takes no line of the message for a frame", () => {
  expect(userFrame("Error: at home\nat work\n    at main (/app/main.js:3:4)")).toBe(
    "at main (/app/main.js:3:4)",
  );
});

it("is empty when there is none", () => {
  expect(userFrame(undefined)).toBe("");
  expect(userFrame("Error: x")).toBe("");
  expect(userFrame(`    at park (${own}:1:2)`)).toBe("");
});

it("knows its own frames also by path, as --enable-source-maps shows them", () => {
  const path = fileURLToPath(own);
  expect(userFrame(`    at park (${path}:1:2)\n    at main (/app/main.ts:3:4)`)).toBe(
    "at main (/app/main.ts:3:4)",
  );
});

it("takes the frames of a test of greenlit's for a user's", () => {
  const test = fileURLToPath(new URL("../../../core/test/some.test.ts", import.meta.url));
  expect(userFrame(`    at park (${own}:1:2)\n    at test (${test}:3:4)`)).toBe(
    `at test (${test}:3:4)`,
  );
});

it("takes no function of V8's for a user's that greenlit's own code calls, or is called by", () => {
  const user = "    at reader (file:///app/main.js:3:4)";
  const lines = [
    `    at wait (${own}:1:2)`,
    "    at blocking.next (<anonymous>)",
    user,
    "    at Array.map (<anonymous>)",
    user,
    "    at Array.from (<anonymous>)",
    `    at map (${own}:1:2)`,
    "    at process.emit (node:events:524:28)",
    "    at node:internal/process/task_queues:1:1",
  ];
  expect(userFrames(lines.join("\n"))).toEqual([user, "    at Array.map (<anonymous>)", user]);
});

it("takes a stack that Error.prepareStackTrace has made into something else for none", () => {
  for (const stack of [[], {}, 5, null]) expect(userFrames(stack)).toEqual([]);
});

describe("a site", () => {
  it("has as many frames as errors have, none of them greenlit's or Node's", () => {
    const { stackTraceLimit } = Error;
    const dig = (depth: number): Site => (depth === 0 ? new Site() : dig(depth - 1));
    try {
      for (const limit of [0, 1, 3, 10]) {
        Error.stackTraceLimit = limit;
        expect(dig(20).frames).toHaveLength(limit);
        expect(Error.stackTraceLimit).toBe(limit);
      }
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
    expect(dig(20).frames[0]).toMatch(/^ {4}at dig /);
  });

  it("is given to errors that are thrown elsewhere than they were made, lazily, and may be written", () => {
    const error = placeLater(new Error("x"));
    const placing = (): unknown => placed(error);
    expect(placing()).toBe(error);
    expect(error.stack).toMatch(/^Error: x\n {4}at placing /);
    const { stack } = error;
    placed(error); // it has its place
    expect(error.stack).toBe(stack);
    const other = placeHere(new RangeError("y"));
    other.stack = "mine";
    expect(other.stack).toBe("mine");
    expect(Object.keys(other)).toEqual([]);
    const placingAnother = (): Error => placeHere(new Error("z"));
    const frozen = Object.freeze(placingAnother());
    for (const one of [frozen, frozen, Object.create(placingAnother()) as Error]) {
      expect(one.stack).toMatch(/^Error: z\n {4}at placingAnother /);
    }
  });
});
