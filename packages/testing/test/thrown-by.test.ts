import { expect, it } from "vitest";
import { thrownBy } from "../src/index.js";

it("gives what is thrown, whatever it is", () => {
  const error = new Error("x");
  expect(
    thrownBy(() => {
      throw error;
    }),
  ).toBe(error);
  expect(
    thrownBy(() => {
      // oxlint-disable-next-line no-throw-literal -- that is allowed
      throw undefined;
    }),
  ).toBe(undefined);
});

it("throws when nothing is", () => {
  expect(() => thrownBy(() => 5)).toThrow("nothing was thrown");
});
