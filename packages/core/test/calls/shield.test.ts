import { expect, it } from "vitest";
import {
  BlockingSwitchOutError,
  Event,
  getCurrent,
  type Greenlet,
  GreenletExit,
  killAll,
  shield,
  sleep,
  spawn,
  Timeout,
} from "../../src/index.js";
import { fakeClock, green, thrownBy } from "@greenlit/testing";

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

it(
  "a kill's grace is the budget of the clean-up: then the error comes through, at every blocking call",
  green(() => {
    using _clock = fakeClock();
    const order: unknown[] = [];
    const error = new Error("killed");
    const cleaning = (): void => {
      try {
        sleep(10_000);
      } finally {
        shield(() => {
          sleep(1);
          order.push("in time");
          order.push(thrownBy(() => shield(() => new Event().wait())) === error);
          order.push(thrownBy(() => sleep(10_000)) === error);
        });
      }
    };
    const killed = spawn(cleaning);
    sleep(0);
    killed.kill(error, { grace: 50 });
    expect([killed.exception, ...order]).toEqual([error, "in time", true, true]);

    const both = [spawn(() => shield(() => sleep(10_000))), spawn(() => sleep(10_000))];
    sleep(0);
    killAll(both, undefined, { grace: 1 });
    expect(both.map((g) => g.successful)).toEqual([true, true]);

    const itself = spawn(() => {
      const own = getCurrent() as Greenlet;
      try {
        own.kill(error, { grace: 1 });
      } finally {
        shield(() => sleep(10_000));
      }
    });
    itself.join();
    expect(itself.exception).toBe(error);
  }),
);

it(
  "a grace that is no time is refused before anything is killed; one without end is none",
  green(() => {
    const event = new Event();
    const g = spawn(() => shield(() => event.wait()));
    sleep(0);
    for (const grace of [-1, Number.NaN]) {
      expect(() => g.kill(undefined, { grace })).toThrow(RangeError);
      expect(() => killAll([g], undefined, { grace })).toThrow(RangeError);
    }
    expect(g.signal.aborted).toBe(false);
    g.kill(undefined, { block: false, grace: null });
    g.kill(undefined, { block: false, grace: Infinity });
    sleep(5);
    expect(g.dead).toBe(false);
    event.set();
    g.join();
  }),
);
