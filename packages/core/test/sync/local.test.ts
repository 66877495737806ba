import { expect, expectTypeOf, it } from "vitest";
import { joinAll, type Local, local, sleep, spawn } from "../../src/index.js";
import { collectUntil } from "../support/garbage.js";
import { green, turns } from "@greenlit/testing";

it(
  "has a value of its own in each greenlet",
  green(() => {
    const id = local(() => 0);
    expectTypeOf(id).toEqualTypeOf<Local<number>>();
    expectTypeOf(local<string>()).toEqualTypeOf<Local<string | undefined>>();
    id.set(-1);
    const all = Array.from({ length: 20 }, (_, i) =>
      spawn(() => {
        expect(id.get()).toBe(0);
        id.set(i);
        sleep(i % 3);
        return id.get();
      }),
    );
    expect(joinAll(all).map((g) => g.value)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(id.get()).toBe(-1);
  }),
);

it(
  "asks for the first value once per greenlet, undefined too",
  green(() => {
    let calls = 0;
    const value = local(() => {
      calls++;
      return undefined;
    });
    value.get();
    value.get();
    spawn(() => value.get()).join();
    expect(calls).toBe(2);
    expect(local().get()).toBe(undefined);
  }),
);

it("two are apart, and the hub counts as one", async () => {
  const a = local(() => "a");
  const b = local(() => "b");
  a.set("hub");
  expect([a.get(), b.get()]).toEqual(["hub", "b"]);
  expect(await spawn(() => [a.get(), b.get()])).toEqual(["a", "b"]);
  setImmediate(() => a.set("callback"));
  await turns(2);
  expect(a.get()).toBe("callback");
});

it("a greenlet's values are freed when it ends, though the greenlet and the local stay", async () => {
  const refs: WeakRef<object>[] = [];
  const value = local<object>();
  const g = spawn(() => {
    const object = {};
    refs.push(new WeakRef(object));
    value.set(object);
  });
  await g;
  expect(await collectUntil(() => refs[0]?.deref() === undefined)).toBe(true);
  expect(g.dead).toBe(true);
  expect(value.get()).toBe(undefined);
});

it("the hub's values are freed with the local", async () => {
  const refs: WeakRef<object>[] = [];
  (() => {
    const object = {};
    refs.push(new WeakRef(object));
    local(() => object).get();
  })();
  expect(await collectUntil(() => refs[0]?.deref() === undefined)).toBe(true);
});
