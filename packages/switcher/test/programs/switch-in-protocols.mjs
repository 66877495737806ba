// Greenlets switch where the language itself calls back: accessors, traps, constructors, coercions.
import { interleave } from "../support/interleave.mjs";
import { pass } from "@greenlit/testing/program";

const made = interleave({
  getter: (park) =>
    ({
      get x() {
        return park(1);
      },
    }).x,
  setter(park) {
    const seen = [];
    const object = {
      set x(value) {
        seen.push(park(value));
      },
    };
    object.x = 7;
    [object.x] = [8];
    return seen;
  },
  "getter through super": (park) =>
    new (class extends class {
      get x() {
        return park(2);
      }
    } {
      get x() {
        return super.x + 1;
      }
    })().x,
  "Proxy traps"(park) {
    const forward =
      (name) =>
      (...args) => (park(name), Reflect[name](...args));
    const names = Object.getOwnPropertyNames(Reflect).filter(
      (name) => typeof Reflect[name] === "function",
    );
    const handler = Object.fromEntries(names.map((name) => [name, forward(name)]));
    const proxy = new Proxy(
      class Target {
        static a = 1;
      },
      handler,
    );
    const seen = [proxy.a, "a" in proxy, new proxy() instanceof Object, { ...proxy }];
    proxy.b = 2;
    Object.defineProperty(proxy, "c", { value: 3, configurable: true });
    delete proxy.c;
    seen.push(Object.keys(proxy), Object.getPrototypeOf(proxy) === Function.prototype);
    Object.setPrototypeOf(proxy, null);
    seen.push(Object.isExtensible(proxy), Object.getOwnPropertyDescriptor(proxy, "b"));
    Object.preventExtensions(proxy);
    const apply = new Proxy((n) => park(n + 1), { apply: (f, self, args) => park(f(...args)) });
    return [...seen, apply(1), [1, 2].map(apply)];
  },
  "proxy of a proxy": (park) =>
    new Proxy(new Proxy({}, { get: (_, key) => park(key) }), {
      get: (inner, key) => park(inner[key]),
    }).deep,
  constructor: (park) =>
    new (class {
      constructor(n) {
        this.n = park(n);
      }
    })(3),
  "constructor that extends a builtin": (park) => [
    ...new (class extends Array {
      constructor(...items) {
        super(...items.map((n) => park(n)));
      }
    })(4, 5, 6),
  ],
  "fields, private, accessor": (park) =>
    new (class {
      a = park(1);
      #b = park(2);
      get b() {
        return park(this.#b);
      }
      ["c" + park("d")] = 3;
    })().b,
  "static block"(park) {
    class Counter {
      static total = park(1);
      static {
        for (let i = 0; i < 3; i++) this.total += park(i);
      }
    }
    return Counter.total;
  },
  "default arguments": (park) => ((a = park(1), { b = park(2), ...rest } = {}) => [a, b, rest])(),
  toString: (park) => `${{ toString: () => park("text") }}` + { toString: () => park("!") },
  valueOf: (park) =>
    +{ valueOf: () => park(4) } * { valueOf: () => park(5) } - { valueOf: () => park(6) },
  comparison: (park) => [
    { valueOf: () => park(1) } < { valueOf: () => park(2) },
    { valueOf: () => park(1) } == 1,
  ],
  "Symbol.toPrimitive"(park) {
    const object = { [Symbol.toPrimitive]: (hint) => park(hint === "number" ? 3 : hint) };
    return [+object, `${object}`, object + "", [1, 2, 3, 4][object | 0]];
  },
  "computed keys": (park) => ({
    [{ toString: () => park("k") }]: 1,
    get [park("g")]() {
      return 2;
    },
  }),
  "Symbol.hasInstance": (park) => 1 instanceof { [Symbol.hasInstance]: (n) => park(n === 1) },
  "Symbol.species, unscopables"(park) {
    class Kept extends Array {
      static get [Symbol.species]() {
        return park(Array);
      }
    }
    return [Kept.from([1, 2]).map((n) => n * 2).constructor === Array];
  },
  "tagged template": (park) =>
    ((strings, ...values) => park(strings.raw.join("|") + values.join()))`a${park(1)}b${park(2)}c`,
  "with optional chaining and assignment"(park) {
    const object = {
      get maybe() {
        return park(null);
      },
      get one() {
        return park({ f: () => park(1) });
      },
    };
    let n = null;
    n ??= park(2);
    return [object.maybe?.x, object.one?.f?.(), n];
  },
  "spread of arguments": (park) =>
    Math.max(
      ...{
        *[Symbol.iterator]() {
          yield park(1);
          yield park(9);
        },
      },
    ),
  "thenable assimilation is not called here": (park) => typeof park({ then: 1 }).then,
  "inherited accessors through a chain"(park) {
    let object = {
      get end() {
        return park("end");
      },
    };
    for (let i = 0; i < 20; i++) object = Object.create(object);
    return object.end;
  },
});
pass(made);
