// Greenlets switch in the middle of loops, finally blocks, generators, iterators, and the
// synchronous part of async functions.
import { interleave } from "../support/interleave.mjs";
import { pass } from "@greenlit/testing/program";

function* count(park, n) {
  try {
    for (let i = 0; i < n; i++) yield park(i);
  } finally {
    park("closed");
  }
}

const made = interleave({
  generator: (park) => [...count(park, 4)],
  "generator with next, throw, return"(park) {
    const seen = [];
    const generator = (function* () {
      try {
        seen.push(park(yield 1));
        yield 2;
      } catch (error) {
        seen.push(park(error));
        yield 3;
      } finally {
        seen.push(park("finally"));
      }
    })();
    seen.push(
      generator.next().value,
      generator.next("sent").value,
      generator.throw("thrown").value,
    );
    seen.push(generator.return("end").value);
    return seen;
  },
  "yield*": (park) => [
    ...(function* () {
      yield* count(park, 2);
      yield* [park(8), 9];
    })(),
  ],
  "iterator closed by break"(park) {
    const seen = [];
    for (const n of count(park, 10)) {
      if (n === 2) break;
      seen.push(n);
    }
    return seen;
  },
  "hand-written iterator": (park) => [
    ...{
      [Symbol.iterator]: () => ({
        n: 0,
        next() {
          return park({ value: this.n, done: this.n++ > 2 });
        },
      }),
    },
  ],
  destructuring(park) {
    const [a, , b = park("default"), ...rest] = count(park, 6);
    const { x, [park("key")]: y } = {
      get x() {
        return park(1);
      },
      key: 2,
    };
    return [a, b, rest, x, y];
  },
  spread: (park) => [park(0), ...count(park, 3), ...new Set([park(7)])],
  "finally keeps the result"(park) {
    const run = () => {
      try {
        return park("result");
      } finally {
        park("in finally");
      }
    };
    return run();
  },
  "finally keeps the error"(park) {
    try {
      try {
        throw park("error");
      } finally {
        park("in finally");
      }
    } catch (error) {
      return park(error);
    }
  },
  "catch inside finally inside catch"(park) {
    const seen = [];
    try {
      try {
        throw park(1);
      } catch (e) {
        seen.push(e);
        throw park(2);
      } finally {
        try {
          throw park(3);
        } catch (e) {
          seen.push(park(e));
        }
      }
    } catch (e) {
      seen.push(park(e));
    }
    return seen;
  },
  "labelled loops"(park) {
    const seen = [];
    outer: for (let i = 0; i < 4; i++) {
      for (let j = 0; ; j++) {
        if (park(j) === 2) continue outer;
        if (i === 3) break outer;
        seen.push([i, j]);
      }
    }
    return seen;
  },
  "closures per iteration"(park) {
    const functions = [];
    for (let i = 0; i < 4; i = park(i + 1)) functions.push(() => park(i));
    return functions.map((fn) => fn());
  },
  "switch, do, for-in"(park) {
    const seen = [];
    for (const key in { a: 1, b: 2, c: 3 }) {
      switch (park(key)) {
        case park("a"):
          seen.push(1);
          break;
        case "b":
          seen.push(park(2));
        default:
          seen.push(3);
      }
    }
    let i = 0;
    do {
      i++;
    } while (park(i) < 3);
    return [...seen, i];
  },
  "Promise executor"(park) {
    let inside;
    new Promise((resolve) => {
      inside = park("executor");
      resolve();
    });
    return inside;
  },
  "thrown in a Promise executor"(park) {
    const promise = new Promise(() => {
      throw park(new Error("rejected"));
    });
    promise.catch(() => {});
    return promise instanceof Promise;
  },
  "async function before its first await"(park) {
    const seen = [];
    const nested = async () => {
      seen.push(park("inner"));
      await null;
    };
    (async () => {
      seen.push(park("before"));
      nested();
      seen.push(park("between"));
      await null;
    })();
    return seen;
  },
  "async generator before its first await"(park) {
    const seen = [];
    const generator = (async function* () {
      seen.push(park("start"));
      await null;
      yield 1;
    })();
    generator.next();
    return seen;
  },
  "arguments and rest"(park) {
    function sloppy() {
      park(0);
      return [...arguments].map((n) => park(n));
    }
    return sloppy(1, 2, 3);
  },
  "recursion, parked at every level": (park) =>
    (function down(n) {
      return n === 0 ? park(0) : park(n) + down(park(n - 1));
    })(40),
  "mutual recursion through builtins": (park) =>
    (function walk(n) {
      return n === 0 ? [park("leaf")] : [n].flatMap(() => [1, 2].map(() => walk(n - 1)));
    })(4),
});
pass(made);
