// V8 keeps some state once for all stacks, and expects code to leave it in the order in which it
// was entered. Many greenlets enter it, and leave it in other orders.
import { RawGreenlet } from "@greenlit/switcher";
import { check, collect, pass, same, scaled, unless } from "@greenlit/testing/program";
import { noStringify, park } from "../support/switcher.mjs";

const COUNT = scaled(200);

const KINDS = {
  // The list of arrays that are being joined; V8 aborts when an entry is missing.
  join: [
    (n) => [n, { toString: () => park(n) }, [1, [{ toString: () => park("in") }]]].join("-"),
    (n) => `${n}-${n}-1,in`,
  ],
  toLocaleString: [
    (n) => [{ toLocaleString: () => park(`l${n}`) }].toLocaleString(),
    (n) => `l${n}`,
  ],
  // The list of serialisers; V8 12.4 aborts when the last entry is another one.
  stringify: [
    (n) =>
      JSON.stringify({
        a: { toJSON: () => park(n) },
        get b() {
          return park([n]);
        },
        c: { toJSON: () => JSON.stringify({ toJSON: () => park("in") }) },
      }),
    (n) => JSON.stringify({ a: n, b: [n], c: '"in"' }),
  ],
  parse: [(n) => JSON.parse(`[${n},{"b":2}]`, (_, value) => park(value)), (n) => [n, { b: 2 }]],
  // The last match, and buffers that are lent to one replace at a time.
  replace: [
    (n) => `x${n}y${n}z`.replace(/\d+/g, (match) => park(match) + "!"),
    (n) => `x${n}!y${n}!z`,
  ],
  split: [
    (n) => `${n},${n + 1}`.split({ [Symbol.split]: (text) => park(text.split(",")) }),
    (n) => [`${n}`, `${n + 1}`],
  ],
  // The cache of sorted keys, the work arrays of sort.
  sort: [
    (n) => [n, 3, -n, 7].sort((a, b) => park(a - b)),
    (n) => [n, 3, -n, 7].sort((a, b) => a - b),
  ],
  // Handlers of exceptions in flight.
  rethrow: [
    (n) => {
      try {
        try {
          throw [n];
        } finally {
          park(0);
        }
      } catch (e) {
        return park(e);
      }
    },
    (n) => [n],
  ],
  clone: [
    (n) =>
      structuredClone({
        get a() {
          return park({ n });
        },
        b: new Map([[n, 1]]),
      }).a,
    (n) => ({ n }),
  ],
};

if (!unless(noStringify, "stringify")) delete KINDS.stringify;

// The orders in which those that wait go on. Each step resumes one of them.
const ORDERS = {
  "first in, first out": () => 0,
  "last in, first out": (length) => length - 1,
  "from the middle": (length) => length >> 1,
  "two by two": (length, step) => (step % 2 === 0 ? 0 : length - 1),
};

for (const [kind, [run, expected]] of Object.entries(KINDS)) {
  for (const [order, choose] of Object.entries(ORDERS)) {
    let waiting = Array.from({ length: COUNT }, (_, n) => {
      const entry = { n, result: undefined };
      entry.greenlet = new RawGreenlet(() => {
        entry.result = run(n);
      });
      entry.box = entry.greenlet.switch();
      return entry;
    });
    const all = [...waiting];
    collect("minor");
    for (let step = 0; waiting.length > 0; step++) {
      const [entry] = waiting.splice(choose(waiting.length, step), 1);
      entry.box = entry.greenlet.switch(entry.box);
      if (!entry.greenlet.dead) waiting.push(entry);
    }
    for (const { n, result } of all) same(result, expected(n), `${kind}, ${order}`);
  }
}

// If two greenlets join the same array at a time, V8 takes that for a cycle: the second gets an
// empty string.
const shared = [{ toString: () => park("x") }];
const [first, second] = [1, 2].map(() => new RawGreenlet(() => shared.join()));
first.switch();
same(
  new RawGreenlet(() => `<${shared}>`).switch(),
  "<>",
  "a join in a join is empty, and parks nobody",
);
second.switch();
first.switch("x");
check(first.dead, "the first goes on");
pass(COUNT * 30);
