import { expect, it } from "vitest";
import {
  AsyncResult,
  joinAll,
  Pool,
  run,
  scope,
  sleep,
  spawn,
  spawnLater,
  wait,
} from "../../src/index.js";
import { green, thrownBy } from "@greenlit/testing";

/** A rejected promise that somebody keeps, as a cache of results does. */
function kept(error: unknown): Promise<never> {
  const promise = Promise.reject(error);
  promise.catch(() => {});
  return promise;
}

const stackOf = (fn: () => unknown): string => (thrownBy(fn) as Error).stack as string;

it(
  "an error that is waited for again and again has a stack that does not grow",
  green(() => {
    const error = new Error("shared");
    const promise = kept(error);
    const result = new AsyncResult();
    result.setException(new Error("result"));
    const greenlet = spawn(() => {
      throw new Error("greenlet");
    });
    greenlet.join();
    const again = new Error("another promise each time");
    for (const call of [
      () => wait(promise),
      () => wait(result.promise),
      () => wait(greenlet),
      () => wait(kept(again)),
      () =>
        wait(
          run(() => {
            throw again;
          }),
        ),
      () => spawn(() => wait(kept(again))).get(),
    ]) {
      const lengths = Array.from({ length: 50 }, () => stackOf(call).length);
      expect(Math.max(...lengths)).toBeLessThanOrEqual(4 * (lengths[0] as number));
      expect(Math.max(...lengths.slice(10))).toBeLessThanOrEqual(Math.max(...lengths.slice(0, 10)));
    }
    expect(stackOf(() => wait(promise)).match(/-- waited for --/g)).toHaveLength(1);
  }),
);

it(
  "each who waits is shown its own frames, below those the error was born with",
  green(() => {
    function born(): Error {
      return new Error("shared");
    }
    const promise = kept(born());
    const seen = new Map<string, string>();
    const named = (name: string): (() => void) =>
      ({
        [name]() {
          seen.set(
            name,
            stackOf(() => wait(promise)),
          );
        },
      })[name] as () => void;
    const names = Array.from({ length: 20 }, (_, i) => `user${i}`);
    joinAll(names.map((name) => spawn(named(name))));
    for (const [name, stack] of seen) {
      expect(stack).toMatch(/^Error: shared\n +at born/);
      expect(new Set(stack.match(/user\d+/g))).toEqual(new Set([name]));
    }
    expect(seen.size).toBe(20);
  }),
);

it(
  "an error that went through several greenlets keeps the way it came",
  green(() => {
    function first(): void {
      wait(Promise.reject(new Error("deep")));
    }
    function second(): void {
      const g = spawn(first);
      wait(g);
    }
    const stack = stackOf(second);
    expect(stack).toMatch(
      /deep[^]*-- waited for --\n +at first[^]*-- spawned --\n +at second[^]*-- waited for --\n +at second/,
    );
  }),
);

it(
  "a stack that the program writes itself is left alone from then on",
  green(() => {
    const error = new Error("mine");
    const promise = kept(error);
    thrownBy(() => wait(promise));
    error.stack = "my own";
    expect(stackOf(() => wait(promise))).toBe("my own");
  }),
);

it(
  "whatever is thrown comes through as itself",
  green(() => {
    const { proxy: revoked, revoke } = Proxy.revocable(new Error("revoked"), {});
    revoke();
    const hostile = new Proxy(new Error("hostile"), {
      get() {
        throw new Error("get");
      },
      getPrototypeOf() {
        throw new Error("getPrototypeOf");
      },
      set() {
        throw new Error("set");
      },
      defineProperty: () => false,
    });
    const property = (descriptor: PropertyDescriptor): Error =>
      Object.defineProperty(new Error("odd stack"), "stack", descriptor);
    const errors: unknown[] = [
      revoked,
      hostile,
      property({
        get() {
          throw new Error("no stack");
        },
      }),
      property({ value: 5 }),
      property({ value: "fixed" }),
      property({ get: () => "fixed" }),
      Object.freeze(new Error("frozen")),
      Object.preventExtensions(new Error("closed")),
      Object.create(null),
      Object.create(Error.prototype),
      new DOMException("gone", "AbortError"),
      new AggregateError([], "many"),
      Symbol("error"),
      () => {},
      class {},
      "text",
      5n,
    ];
    for (const error of errors) {
      const fail = (): never => {
        sleep(0);
        throw error;
      };
      for (const call of [
        () => wait(kept(error)),
        () => spawn(fail).get(),
        () => wait(spawn(fail)),
        () => spawn(() => wait(kept(error))).get(),
        () => wait(run(fail)),
        () => spawn(async () => fail()).get(),
      ]) {
        let thrown: unknown;
        try {
          call();
        } catch (caught) {
          thrown = caught;
        }
        // Not by toBe: what it would print about a difference it cannot read here.
        expect(thrown === error).toBe(true);
      }
    }
  }),
);

it(
  "says who spawned the greenlet, whatever spawned it: the program's line, not greenlit's",
  green(() => {
    const fail = (): never => {
      throw new Error("boom");
    };
    const pool = new Pool(2);
    const WAYS: Record<string, () => unknown> = {
      spawn: () => spawn(fail).get(),
      spawnLater: () => spawnLater(1, fail).get(),
      run: () => wait(run(fail)),
      "pool.spawn": () => pool.spawn(fail).get(),
      "pool.apply": () => pool.apply(fail),
      "pool.map": () => pool.map(fail, [1]),
      scope: () => scope((s) => void s.spawn(fail)),
    };
    for (const [name, way] of Object.entries(WAYS)) {
      const [, site = ""] = stackOf(way).split("-- spawned --\n");
      expect(site.split("\n")[0], name).toMatch(/^ {4}at .*error-stack\.test\.ts:\d+/);
    }
  }),
);
