import { expect, it } from "vitest";
import { Allowance } from "../../src/extract/allowance.js";

it("gives text back until it is too much", () => {
  const allowance = new Allowance(5);
  expect(allowance.take("abc")).toBe("abc");
  expect(allowance.take("de")).toBe("de");
  expect(() => allowance.take("f")).toThrow("more than 5 characters are extracted from one page");
});
