// How much a function does, counted and not timed: on a busy machine it is the same. Counted are
// the blocks of code of greenlit that are run (a loop's body each time), and what the built-in
// functions look through that go through a whole array, set or map, or through all listeners of a
// signal. Import greenlit only after this: only what is compiled from then on counts.
import { Session } from "node:inspector";

const session = new Session();
session.connect();
const post = (method, params) => {
  let answer;
  session.post(method, params, (error, result) => {
    if (error) throw error;
    answer = result;
  });
  return answer;
};
post("Profiler.enable");
post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });

/** What the packages are made of, and nothing else. */
const OWN = /\/packages\/(core|switcher)\/dist\//;

let seen = 0;
let counting = false;
const replace = (prototype, name, visits) => {
  const original = prototype[name];
  Object.defineProperty(prototype, name, {
    ...Object.getOwnPropertyDescriptor(prototype, name),
    value(...args) {
      if (counting) seen += visits(this);
      return Reflect.apply(original, this, args);
    },
  });
};
for (const name of [
  ..."concat copyWithin every fill filter find findIndex findLast findLastIndex flat flatMap forEach includes".split(
    " ",
  ),
  ..."indexOf join lastIndexOf map reduce reduceRight reverse shift slice some sort splice unshift".split(
    " ",
  ),
  ..."entries keys values".split(" "),
  Symbol.iterator,
]) {
  replace(Array.prototype, name, (array) => array.length);
}
for (const { prototype } of [Set, Map]) {
  for (const name of ["forEach", "entries", "keys", "values", Symbol.iterator]) {
    replace(prototype, name, (collection) => collection.size);
  }
}
const listeners = new WeakMap();
for (const [name, change] of [
  ["addEventListener", 1],
  ["removeEventListener", -1],
]) {
  replace(EventTarget.prototype, name, (target) => {
    const before = listeners.get(target) ?? 0;
    listeners.set(target, before + change);
    return before;
  });
}

/** @returns how many steps were made while `fn` ran. */
export function workOf(fn) {
  post("Profiler.takePreciseCoverage");
  seen = 0;
  counting = true;
  try {
    fn();
  } finally {
    counting = false;
  }
  const looked = seen;
  let steps = 0;
  for (const { url, functions } of post("Profiler.takePreciseCoverage").result) {
    if (!OWN.test(url)) continue;
    for (const { ranges } of functions) for (const { count } of ranges) steps += count;
  }
  return looked + steps;
}
