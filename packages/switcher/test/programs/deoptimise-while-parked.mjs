// Optimised frames are invalidated while their stack is parked. When the stack goes on, each must
// continue as bytecode, with the right values. The functions are optimised by V8's natives, so that
// it is known which code ran.
import { RawGreenlet } from "@greenlit/switcher";
import v8 from "node:v8";
import { check, collect, pass, same, scaled } from "@greenlit/testing/program";
import { park } from "../support/switcher.mjs";

v8.setFlagsFromString("--allow-natives-syntax");
const natives = (name, args = "f") => {
  try {
    return new Function(args, `return %${name}(${args})`);
  } catch {
    return () => {}; // this V8 has no such compiler
  }
};
const prepare = natives("PrepareFunctionForOptimization");
const optimise = { turbofan: natives("OptimizeFunctionOnNextCall") };
// A Node without maglev would only complain about the native.
if (process.config.variables.v8_enable_maglev) {
  optimise.maglev = natives("OptimizeMaglevOnNextCall");
}
const deoptimise = natives("DeoptimizeFunction");
const statusOf = natives("GetOptimizationStatus");
const isOptimised = (fn) => (statusOf(fn) & ((1 << 4) | (1 << 5))) !== 0;
const flags = process.execArgv.join(" ");
const compilersOff = /--no-opt|--max-optimized|--jitless/.test(flags);

let suspend = (value) => value; // trains without switching
let invalidated = 0;

// Each makes a new function, and the act that invalidates its code.
const SUBJECTS = {
  "a constant that changes"() {
    const box = { constant: 10 };
    const fn = new Function(
      "box",
      "s",
      "return function f(n) { const d = n * 1.5; return s(n) + d + box.constant + d }",
    );
    return [
      fn(box, (n) => suspend(n)),
      () => {
        box.constant = 20;
      },
      (n) => n + n * 3 + 20,
      (n) => n + n * 3 + 10,
    ];
  },
  "a prototype that changes"() {
    class Point {
      constructor(x) {
        this.x = x;
      }
      get twice() {
        return this.x * 2;
      }
    }
    const fn = new Function(
      "Point",
      "s",
      "return function f(n) { const p = new Point(n); s(n); return p.twice + p.x }",
    );
    return [
      fn(Point, (n) => suspend(n)),
      () =>
        Object.defineProperty(Point.prototype, "twice", {
          get() {
            return 100;
          },
        }),
      (n) => 100 + n,
      (n) => n * 3,
    ];
  },
  "an inlined callee that deoptimises"() {
    const fn = new Function(
      "s",
      `const inner = (o, n) => { const young = { n }; s(n); return young.n + o.v };
      return function f(n) { const o = { v: n + 0.25 }; return inner(o, n) * 2 }`,
    );
    return [fn((n) => suspend(n)), null, (n) => (2 * n + 0.25) * 2, (n) => (2 * n + 0.25) * 2];
  },
  "an escape-analysed object that must be made"() {
    const fn = new Function(
      "s",
      `return function f(n) { const a = { x: n, y: { z: n + 1 }, l: [n, n + 2] };
      const t = s(n); return a.x + a.y.z + a.l[1] + t }`,
    );
    return [fn((n) => suspend(n)), null, (n) => 4 * n + 3, (n) => 4 * n + 3];
  },
  "inside a builtin's loop"() {
    const fn = new Function(
      "s",
      "return function f(n) { return [1, 2, 3].map((k) => s(k + n)).reduce((a, b) => a + b) + n }",
    );
    return [fn((n) => suspend(n)), null, (n) => 6 + 4 * n, (n) => 6 + 4 * n];
  },
  "with a try, a finally and a generator"() {
    const fn = new Function(
      "s",
      `return function f(n) { let t = 0;
      const g = (function* () { try { yield s(n) } finally { t += s(1) } })();
      try { t += g.next().value; throw s(n) } catch (e) { t += e } finally { g.return() }
      return t }`,
    );
    return [fn((n) => suspend(n)), null, (n) => 2 * n + 1, (n) => 2 * n + 1];
  },
};

const TRIES = compilersOff ? 1 : 50;
const pause = new Int32Array(new SharedArrayBuffer(4));

/**
 * Optimises a function until it is optimised. The first code may be invalid before its first call.
 * Under flags that optimise by themselves another thread may be compiling it; then wait for that.
 * Not every V8 can optimise every function.
 */
function isSureToOptimise(fn, compiler, early) {
  for (let tries = 0; tries < TRIES && !isOptimised(fn); tries++) {
    if (tries > 0) Atomics.wait(pause, 0, 0, 1);
    prepare(fn);
    for (let i = 0; i < 5; i++) check(fn(i) === early(i), "before it is optimised");
    optimise[compiler](fn);
    fn(7);
  }
  return isOptimised(fn);
}

function subject(name, compiler, copies) {
  const [fn, invalidate, late, early] = SUBJECTS[name]();
  prepare(fn);
  suspend = (value) => value;
  for (let i = 0; i < 50; i++) check(fn(i) === early(i), `${name} when training`);
  const optimised = isSureToOptimise(fn, compiler, early);
  suspend = park;
  const results = [];
  const greenlets = Array.from(
    { length: copies },
    (_, n) => new RawGreenlet(() => results.push([n, fn(n)])),
  );
  const values = greenlets.map((greenlet) => greenlet.switch());
  if (invalidate) invalidate();
  deoptimise(fn);
  collect("minor");
  if (optimised && !isOptimised(fn)) invalidated++;
  collect();
  while (greenlets.some((greenlet) => !greenlet.dead)) {
    greenlets.forEach((greenlet, i) => {
      if (!greenlet.dead) values[i] = greenlet.switch(values[i]);
    });
  }
  same(
    results.sort(([a], [b]) => a - b),
    greenlets.map((_, n) => [n, late(n)]),
    `${name} with ${compiler}`,
  );
}

for (const name of Object.keys(SUBJECTS)) {
  for (const compiler of Object.keys(optimise)) {
    for (let again = 0; again < 3; again++) subject(name, compiler, scaled(40));
  }
}

// On-stack replacement: a loop becomes hot inside the greenlet, parks in the middle, and loses its
// code there.
const shared = { step: 1 };
const loop = new Function(
  "park",
  "shared",
  `return function loop(n, every) { let sum = 0.5; const young = { n };
  for (let i = 0; i < n; i++) {
    sum += shared.step * (i & 3);
    if (i % every === every - 1) { park(); young.n = -i }
  }
  return sum + young.n }`,
)(park, shared);
const turns = scaled(150_000);
const every = Math.floor(turns / 5);
const make = () => {
  let result;
  const greenlet = new RawGreenlet(() => {
    result = loop(turns, every);
  });
  return [greenlet, () => result];
};
const loops = Array.from({ length: 20 }, make);
for (const [greenlet] of loops) greenlet.switch();
deoptimise(loop);
collect();
while (loops.some(([greenlet]) => !greenlet.dead))
  for (const [greenlet] of loops) if (!greenlet.dead) greenlet.switch();
let sum = 0.5;
for (let i = 0; i < turns; i++) sum += i & 3;
const lastPark = Math.floor(turns / every) * every - 1;
for (const [, result] of loops) same(result(), sum - lastPark, "an OSR'd loop");

// With one compiler there are half as many: every second of the 36.
check(
  compilersOff || invalidated >= 15,
  `only ${invalidated} functions lost optimised code while parked`,
);
pass(100);
