// Greenlets switch inside callbacks of builtins, so frames of C++ and Torque lie on the parked
// stacks.
import { EventEmitter } from "node:events";
import { inspect } from "node:util";
import { interleave } from "../support/interleave.mjs";
import { pass } from "@greenlit/testing/program";

const DIGITS = [5, 3, 9, 1, 7, 2, 8];

class SlowRegExp extends RegExp {
  constructor(source, flags, park) {
    super(source, flags);
    this.park = park;
  }
  exec(text) {
    return this.park ? this.park(super.exec(text)) : super.exec(text);
  }
  static get [Symbol.species]() {
    return RegExp;
  }
}

const made = interleave({
  sort: (park) => [...DIGITS].sort((a, b) => park(a - b)),
  map: (park) => DIGITS.map((n) => park(n * 2)),
  filter: (park) => DIGITS.filter((n) => park(n > 4)),
  forEach(park) {
    const seen = [];
    DIGITS.forEach((n) => seen.push(park(n)));
    return seen;
  },
  reduce: (park) => DIGITS.reduce((sum, n) => park(sum + n), 0),
  reduceRight: (park) => DIGITS.reduceRight((text, n) => park(text + n), ""),
  "find, some, every": (park) => [
    DIGITS.find((n) => park(n > 8)),
    DIGITS.findLast((n) => park(n > 4)),
    DIGITS.some((n) => park(n === 1)),
    DIGITS.every((n) => park(n > 1)),
  ],
  flatMap: (park) => DIGITS.flatMap((n) => [n, park(n)]),
  "Array.from with a function": (park) => Array.from({ length: 5 }, (_, i) => park(i)),
  "Array.from of an iterable": (park) => Array.from(new Set(DIGITS), (n) => park(n)),
  replace: (park) => "a1b22c333".replace(/\d+/g, (n) => park(`<${n}>`)),
  "replaceAll with a string": (park) => "x.y.z".replaceAll(".", () => park("-")),
  "JSON.parse reviver": (park) =>
    JSON.parse('{"a":[1,2,{"b":3}],"c":"d"}', (key, value) => park(value)),
  "JSON.stringify replacer": (park) =>
    JSON.stringify({ a: [1, { b: 2 }], c: null }, (key, value) => park(value)),
  toJSON: (park) => JSON.stringify({ at: { toJSON: () => park([1, 2]) }, b: 1 }),
  "JSON.stringify of a getter": (park) =>
    JSON.stringify({
      get x() {
        return park(4);
      },
    }),
  "Map.forEach, Set.forEach"(park) {
    const seen = [];
    new Map([
      [1, 2],
      [3, 4],
    ]).forEach((value, key) => seen.push(park(value + key)));
    new Set(DIGITS).forEach((value) => seen.push(park(value)));
    return seen;
  },
  "Map from an iterator": (park) => [
    ...new Map({
      *[Symbol.iterator]() {
        for (const n of DIGITS) yield [park(n), n];
      },
    }),
  ],
  "TypedArray.sort": (park) => [...Float64Array.from(DIGITS).sort((a, b) => park(b - a))],
  "TypedArray.map, from": (park) => [
    ...Uint8Array.from(DIGITS, (n) => park(n + 1)).map((n) => park(n * 3)),
  ],
  "Symbol.replace": (park) =>
    "k1=v1;k2=v2".replace(new SlowRegExp("(\\w)(\\d)", "g", park), "$2$1"),
  "Symbol.match, matchAll": (park) => [
    "k1=v1".match(new SlowRegExp("\\w\\d", "g", park)),
    [...new SlowRegExp("\\w(\\d)", "g", park)[Symbol.matchAll]("k1=v1")].map((m) => park(m[1])),
  ],
  "Symbol.search": (park) => "abc1".search(new SlowRegExp("\\d", "", park)),
  "Reflect.apply": (park) => Reflect.apply((a, b) => park(a + b), null, [1, 2]),
  "Reflect.construct": (park) =>
    Reflect.construct(
      function () {
        this.x = park(new.target === Array);
      },
      [],
      Array,
    ).x,
  "call, apply, bind": (park) => [park.call(null, 1), park.apply(null, [2]), park.bind(null, 3)()],
  "Object.assign, entries, fromEntries"(park) {
    const source = {
      get a() {
        return park(1);
      },
      get b() {
        return park(2);
      },
    };
    return [
      Object.assign({}, source),
      Object.entries(source),
      Object.fromEntries({
        *[Symbol.iterator]() {
          yield ["k", park(3)];
        },
      }),
    ];
  },
  "Object.defineProperties": (park) =>
    Object.defineProperties(
      {},
      {
        x: {
          get value() {
            return park(5);
          },
          enumerable: true,
        },
      },
    ),
  "array join": (park) => [
    ["a", { toString: () => park("j") }, 2].join("-"),
    `${[[{ toString: () => park("k") }], 3]}`,
  ],
  toLocaleString: (park) => [{ toLocaleString: () => park("l") }, 1].toLocaleString(),
  "array concat": (park) => [
    [].concat({
      get [Symbol.isConcatSpreadable]() {
        return park(true);
      },
      length: 1,
      0: "c",
    }),
  ],
  "Math.max, Number, parseInt, charAt": (park) => [
    Math.max({ valueOf: () => park(3) }, 2),
    Number({ valueOf: () => park("4") }),
    parseInt({ toString: () => park("12px") }, 10),
    "abc".charAt({ valueOf: () => park(1) }),
  ],
  structuredClone: (park) =>
    structuredClone({
      get deep() {
        return park([1, { two: 2 }]);
      },
    }),
  "EventEmitter.emit"(park) {
    const seen = [];
    const emitter = new EventEmitter();
    emitter.on("x", (n) => seen.push(park(n)));
    emitter.on("x", (n) => seen.push(park(n + 1)));
    emitter.emit("x", 1);
    return seen;
  },
  "inspect.custom": (park) => inspect({ a: { [inspect.custom]: () => park("shown") } }),
  "Function.toString of an argument": (park) =>
    String.raw({ raw: ["a", "b"] }, { toString: () => park("-") }),
  "Date from Symbol.toPrimitive": (park) =>
    new Date({ [Symbol.toPrimitive]: () => park(86400000) }).toISOString(),
  "BigInt, Symbol descriptions": (park) => String(BigInt({ valueOf: () => park(12) })),
  "Intl with options": (park) =>
    new Intl.NumberFormat("en", {
      get maximumFractionDigits() {
        return park(1);
      },
    }).format(1.26),
});
pass(made);
