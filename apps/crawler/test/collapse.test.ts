import { expect, it } from "vitest";
import { collapse } from "../src/collapse.js";

it("leaves one blank where there was white space", () => {
  expect(collapse(" \n a\t\u00a0b  c \r\n")).toBe("a b c");
  expect(collapse(" ")).toBe("");
  const began = performance.now();
  collapse(" ".repeat(5_000_000));
  expect(performance.now() - began).toBeLessThan(5_000);
});
