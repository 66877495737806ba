// When a greenlet has ended, its stack is used again, and its first frame of JavaScript stays on
// it. That frame must keep nothing alive of what ran there before, and what runs there next must
// see nothing of it.
import { RawGreenlet, report } from "@greenlit/switcher";
import { AsyncLocalStorage } from "node:async_hooks";
import { check, collect, pass, same, scaled } from "@greenlit/testing/program";
import { park, storesTravel } from "../support/switcher.mjs";

const storage = new AsyncLocalStorage();

/**
 * Whether the collector takes all of them in 20 s: it may scan stacks conservatively for a while,
 * and V8's other threads hold what they compile.
 */
async function collected(refs) {
  for (const end = performance.now() + 20_000; performance.now() < end;) {
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    if (refs.every((ref) => ref.deref() === undefined)) return true;
  }
  return false;
}

/** Greenlets that hold an object in all possible ways. Each ends in another way. */
function lives(count) {
  const refs = [];
  const greenlets = Array.from({ length: count }, (_, i) => {
    const held = { i, big: Array.from({ length: 100 }, () => i) };
    refs.push(new WeakRef(held));
    return new RawGreenlet((value) => {
      const mine = { held, value };
      refs.push(new WeakRef(mine));
      if (storesTravel) storage.enterWith(mine);
      park();
      if (i % 3 === 1) throw new Error("caught by its parent");
      return i % 3 === 2 ? mine : undefined;
    });
  });
  for (const greenlet of greenlets) {
    const value = { given: true };
    refs.push(new WeakRef(value));
    greenlet.switch(value);
  }
  for (const greenlet of greenlets) {
    try {
      greenlet.switch();
    } catch (error) {
      same(error.message, "caught by its parent", "what a greenlet throws");
    }
  }
  check(
    greenlets.every((greenlet) => greenlet.dead),
    "all have ended",
  );
  return refs;
}

// Many times, so that frames of every tier of V8's compilers stay.
const COUNT = scaled(40);
const ROUNDS = scaled(30);
for (let round = 0; round < ROUNDS; round++) {
  const refs = lives(COUNT);
  if (round % 6 !== 0) continue;
  check(await collected(refs), `what greenlets held after round ${round}`);
}
const { stacks, idle } = report();
check(stacks < 2 * COUNT + 10, `stacks were used again: there are ${stacks}`);
check(idle >= COUNT, `they are idle: ${idle} of ${stacks}`);

// A greenlet on a used stack begins with the store of the code that starts it, not with that of the
// greenlet that ran there before.
for (let i = 0; i < COUNT; i++) {
  const seen = storage.run(`starter ${i}`, () => {
    let store;
    new RawGreenlet(() => void (store = storage.getStore())).switch();
    return store;
  });
  same(seen, `starter ${i}`, "the store of a new greenlet on a used stack");
}
same(storage.getStore(), undefined, "the root's store");

// One greenlet goes deep and overflows its stack; the next one runs on the same stack.
const dive = (n) => (n === 0 ? 0 : dive(n - 1) + 1);
const overflow = () => overflow() + 1;
for (let i = 0; i < 10; i++) {
  let depth;
  let error;
  new RawGreenlet(() => {
    depth = dive(3000);
    try {
      overflow();
    } catch (thrown) {
      error = thrown;
    }
  }).switch();
  check(depth === 3000 && error instanceof RangeError, `life ${i} of the stack: ${depth} ${error}`);
}

pass(20);
