import { expect, it } from "vitest";
import {
  BlockingSwitchOutError,
  Event,
  GreenletExit,
  shield,
  sleep,
  spawn,
  Timeout,
} from "../src/index.js";
import { green, thrownBy } from "@greenlit/testing";

it(
  "lets clean-up block in a greenlet that is killed; afterwards the error comes again",
  green(() => {
    const order: string[] = [];
    const g = spawn(() => {
      try {
        sleep(10_000);
      } finally {
        shield(() => sleep(1));
        order.push("cleaned");
        try {
          sleep(1);
        } catch (error) {
          order.push((error as Error).name);
        }
      }
    });
    sleep(0);
    g.kill();
    expect(order).toEqual(["cleaned", "GreenletExit"]);
  }),
);

it(
  "a kill meanwhile waits until it ends, also when shields are nested",
  green(() => {
    const event = new Event();
    const order: unknown[] = [];
    const g = spawn(() => {
      shield(() => {
        shield(() => event.wait());
        sleep(1);
        order.push("out");
      });
      sleep(10_000);
    });
    sleep(0);
    g.kill(undefined, { block: false });
    sleep(1);
    expect(g.dead).toBe(false);
    event.set();
    g.join();
    expect([order, (g.value as unknown) instanceof GreenletExit]).toEqual([["out"], true]);
  }),
);

it(
  "a Timeout meanwhile waits, too; timeouts of the calls themselves work",
  green(() => {
    using deadline = new Timeout(2);
    expect(shield(() => new Event().wait({ timeout: 10 }))).toBe(false);
    expect(thrownBy(() => sleep(10_000))).toBe(deadline);
  }),
);

it(
  "returns the value, throws the error, and is over then",
  green(() => {
    expect(shield(() => 5)).toBe(5);
    const error = new Error("x");
    expect(
      thrownBy(() =>
        shield(() => {
          throw error;
        }),
      ),
    ).toBe(error);
    using deadline = new Timeout(1);
    expect(thrownBy(() => sleep(10_000))).toBe(deadline);
  }),
);

it("on the hub is an error", () => {
  expect(thrownBy(() => shield(() => 1))).toBeInstanceOf(BlockingSwitchOutError);
});
