import { expect, it } from "vitest";
import { turns } from "../src/index.js";

it("lets the loop go round as often as asked", async () => {
  let rounds = 0;
  let counting = true;
  const count = (): void => {
    rounds++;
    if (counting) setImmediate(count);
  };
  setImmediate(count);
  await turns(5);
  counting = false;
  expect(rounds).toBe(5);
  await turns(0);
  expect(rounds).toBe(5);
  await turns(1);
});
