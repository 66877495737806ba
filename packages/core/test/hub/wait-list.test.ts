import { expect, it } from "vitest";
import { joinAll, sleep, spawn, Waiter, WaitList } from "../../src/index.js";
import { green, thrownBy } from "@greenlit/testing";

it(
  "wakes in order, one at a time or all",
  green(() => {
    const list = new WaitList<string>();
    const order: string[] = [];
    const all = [0, 1, 2, 3].map((i) =>
      spawn(() => order.push(`${i} ${list.add(new Waiter<string>("test")).wait()}`)),
    );
    sleep(0);
    expect([list.length, (list.peek() as Waiter<string>).greenlet]).toEqual([4, all[0]]);
    expect(list.wakeOne("a")).toBe(true);
    expect(list.length).toBe(3);
    list.wakeAll("b");
    expect([list.length, list.peek(), list.wakeOne("c")]).toEqual([0, null, false]);
    joinAll(all);
    expect(order).toEqual(["0 a", "1 b", "2 b", "3 b"]);
  }),
);

it(
  "those who leave from the front, the middle and the end leave no trace",
  green(() => {
    for (const leaving of [[0], [1], [2], [0, 1], [1, 2], [0, 2], [0, 1, 2]]) {
      const list = new WaitList<number>();
      const order: number[] = [];
      const all = [0, 1, 2].map((i) =>
        spawn(() => {
          list.add(new Waiter<number>("test")).wait();
          order.push(i);
        }),
      );
      sleep(0);
      for (const i of leaving) all[i]?.kill();
      const staying = [0, 1, 2].filter((i) => !leaving.includes(i));
      expect(list.length).toBe(staying.length);
      list.wakeAll(1);
      joinAll(all);
      expect([order, list.length, list.peek()]).toEqual([staying, 0, null]);
    }
  }),
);

it(
  "wakes only those who wait now: who comes back waits for the next time",
  green(() => {
    const list = new WaitList();
    let rounds = 0;
    const g = spawn(() => {
      for (;;) {
        list.add(new Waiter("test")).wait();
        rounds++;
      }
    });
    sleep(0);
    list.wakeAll();
    sleep(0);
    expect(rounds).toBe(1);
    g.kill();
  }),
);

it(
  "fails all who wait now",
  green(() => {
    const list = new WaitList();
    const error = new Error("x");
    const all = [1, 2, 3].map(() =>
      spawn(() => thrownBy(() => list.add(new Waiter("test")).wait())),
    );
    sleep(0);
    list.failAll(error);
    expect(list.length).toBe(0);
    expect(joinAll(all).map((g) => g.value)).toEqual([error, error, error]);
    list.failAll(error);
  }),
);

it(
  "a wait that is refused before it began leaves no trace either",
  green(() => {
    const list = new WaitList();
    expect(thrownBy(() => list.add(new Waiter("test")).wait({ timeout: -1 }))).toBeInstanceOf(
      RangeError,
    );
    expect(
      thrownBy(() => list.add(new Waiter("test")).wait({ signal: AbortSignal.abort("no") })),
    ).toBe("no");
    const g = spawn(() => {
      thrownBy(() => sleep(10_000));
      list.add(new Waiter("test")).wait(); // it is killed: thrown at once
    });
    sleep(0);
    g.kill();
    expect([list.length, list.peek()]).toEqual([0, null]);
  }),
);
