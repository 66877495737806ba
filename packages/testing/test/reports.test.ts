import { getHub, spawn } from "@greenlit/core";
import { expect, it } from "vitest";
import { reports, turns } from "../src/index.js";

function fails(text: string): void {
  throw new Error(text);
}

it("gives what is reported meanwhile and right after, by name and error", async () => {
  const { onError } = getHub();
  const seen = await reports(async () => {
    spawn(fails, "one").name = "first";
    await turns(2);
    spawn(fails, "two").name = "second";
  });
  expect(seen).toEqual([
    ["first", new Error("one")],
    ["second", new Error("two")],
  ]);
  expect(getHub().onError).toBe(onError);
});

it("puts onError back when the function fails", async () => {
  const { onError } = getHub();
  const error = new Error("x");
  await expect(reports(() => Promise.reject(error))).rejects.toBe(error);
  expect(getHub().onError).toBe(onError);
});
