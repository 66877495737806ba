import { expect, it } from "vitest";
import { idle, joinAll, sleep, spawn } from "../../src/index.js";
import { green } from "@greenlit/testing";

it(
  "waits until nobody else is ready",
  green(() => {
    let left = 200;
    const busy = [1, 2, 3].map(() =>
      spawn(() => {
        while (left-- > 0) {
          for (const end = performance.now() + 0.2; performance.now() < end;);
          sleep(0);
        }
      }),
    );
    sleep(0);
    expect(left).toBeGreaterThan(0);
    idle();
    expect(left).toBeLessThanOrEqual(0);
    joinAll(busy);
    const sleeper = spawn(() => sleep(60_000));
    idle();
    expect(sleeper.dead).toBe(false);
    sleeper.kill();
  }),
);
