import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { userFrame } from "../src/frames.js";

const own = new URL("../../core/dist/hub.js", import.meta.url).href;

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
  const test = fileURLToPath(new URL("../../core/test/some.test.ts", import.meta.url));
  expect(userFrame(`    at park (${own}:1:2)\n    at test (${test}:3:4)`)).toBe(
    `at test (${test}:3:4)`,
  );
});
