import { expect, it } from "vitest";
import { BlockingSwitchOutError, Event, joinAll, sleep, spawn } from "../../src/index.js";
import { green, thrownBy, turns } from "@greenlit/testing";

it(
  "set wakes all who wait, in order, and lets later ones pass",
  green(() => {
    const event = new Event();
    const order: number[] = [];
    const all = [0, 1, 2, 3].map((i) =>
      spawn(() => {
        expect(event.wait()).toBe(true);
        order.push(i);
      }),
    );
    sleep(0);
    expect([order, event.isSet]).toEqual([[], false]);
    event.set();
    expect(event.isSet).toBe(true);
    joinAll(all);
    expect(order).toEqual([0, 1, 2, 3]);
    expect(event.wait()).toBe(true);
    event.set();
  }),
);

it(
  "set and clear at once still wakes everyone who waited, and nobody who came later",
  green(() => {
    const event = new Event();
    const first = [1, 2, 3].map(() => spawn(() => event.wait()));
    sleep(0);
    event.set();
    event.clear();
    expect(event.isSet).toBe(false);
    const late = spawn(() => event.wait({ timeout: 5 }));
    expect(joinAll(first).map((g) => g.value)).toEqual([true, true, true]);
    expect(late.get()).toBe(false);
  }),
);

it(
  "wait is false when its timeout passed first, true when set came first",
  green(() => {
    const event = new Event();
    expect(event.wait({ timeout: 0 })).toBe(false);
    expect(event.wait({ timeout: 2 })).toBe(false);
    setTimeout(() => event.set(), 2);
    expect(event.wait({ timeout: 60_000 })).toBe(true);
    event.clear();
    expect(thrownBy(() => event.wait({ signal: AbortSignal.abort("no") }))).toBe("no");
    expect(thrownBy(() => event.wait({ timeout: -1 }))).toBeInstanceOf(RangeError);
  }),
);

it("may be set from a callback, and be asked on the hub, but not waited for there", async () => {
  const event = new Event();
  const g = spawn(() => event.wait());
  await turns(2);
  expect(thrownBy(() => event.wait())).toBeInstanceOf(BlockingSwitchOutError);
  event.set();
  expect(event.wait()).toBe(true);
  expect(await g).toBe(true);
});

it(
  "who is woken may wait again at once, for the next set",
  green(() => {
    const event = new Event();
    let rounds = 0;
    const g = spawn(() => {
      while (rounds < 5) {
        event.wait();
        event.clear();
        rounds++;
      }
    });
    while (!g.dead) {
      event.set();
      sleep(0);
    }
    expect(rounds).toBe(5);
  }),
);
