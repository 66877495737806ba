// An error may be anything that can be thrown: what is falsy is an error like any other, and
// nothing is a mark for "none".
import { describe, expect, it } from "vitest";
import {
  AsyncResult,
  blocking,
  type Greenlet,
  Group,
  iwait,
  joinAll,
  noSwitch,
  Pool,
  run,
  scope,
  select,
  shield,
  sleep,
  spawn,
  spawnLater,
  Timeout,
  wait,
  waitAll,
  withTimeout,
} from "../src/index.js";
import { green } from "@greenlit/testing";

/** What a call did, in a form that tells undefined from nothing. */
function outcome(fn: () => unknown): ["returned" | "threw", unknown] {
  try {
    return ["returned", fn()];
  } catch (error) {
    return ["threw", error];
  }
}

describe.each([[undefined], [null], [0], [""], [false], [Number.NaN], [0n]])(
  "%s, thrown",
  (value) => {
    const fail = (): never => {
      sleep(0);
      throw value;
    };
    const failed = ["threw", value];
    const observed = <T>(greenlet: Greenlet<T>): Greenlet<T> => {
      greenlet.observe();
      return greenlet;
    };

    /** Each ends with the error. */
    const WAYS: Record<string, () => unknown> = {
      get: () => spawn(fail).get(),
      "get, the second time": () => {
        const g = spawn(fail);
        g.join();
        outcome(() => g.get());
        return g.get();
      },
      "joinAll with raiseError": () => joinAll([spawn(fail)], { raiseError: true }),
      "joinAll with raiseError, ended": () => {
        const g = spawn(fail);
        g.join();
        return joinAll([g], { raiseError: true });
      },
      "an async function": () => spawn(async () => fail()).get(),
      map: () => new Pool(2).map(fail, [1, 2]),
      apply: () => new Pool(2).apply(fail),
      imap: () => [...new Pool(2).imap(fail, [1])],
      imapUnordered: () => [...new Group().imapUnordered(fail, [1])],
      "the items of imap": () => [
        ...new Pool(2).imap(
          (x) => x,
          (function* items() {
            yield 1;
            throw value;
          })(),
        ),
      ],
      "a child of a scope": () => scope((s) => void s.spawn(fail)),
      "the body of a scope": () =>
        scope(() => {
          throw value;
        }),
      "the body of a scope, with a child": () =>
        scope((s) => {
          s.spawn(() => sleep(10_000));
          throw value;
        }),
      "the body of a settling scope": () =>
        scope(
          (s) => {
            s.spawn(() => 1);
            throw value;
          },
          { policy: "settle" },
        ),
      "the body of a scope for any": () =>
        scope(
          (s) => {
            s.spawn(() => sleep(10_000));
            throw value;
          },
          { policy: "any" },
        ),
      "an async body of a scope": () => scope(async () => fail()),
      withTimeout: () => withTimeout(60_000, fail, "fallback"),
      "select of a greenlet": () => select([observed(spawn(fail))]),
      "select of a promise": () => select([Promise.reject(value)]),
      AsyncResult: () => {
        const result = new AsyncResult();
        result.setException(value);
        return result.get();
      },
      "AsyncResult's promise": () => {
        const result = new AsyncResult();
        result.setException(value);
        return wait(result.promise);
      },
      run: () => wait(run(fail)),
      "wait for a greenlet": () => wait(spawn(fail)),
      "wait for a promise": () => wait(Promise.reject(value)),
      shield: () => shield(fail),
      noSwitch: () =>
        noSwitch(() => {
          throw value;
        }),
      blocking: () => [
        ...blocking(
          // oxlint-disable-next-line require-yield -- it only throws
          (async function* none() {
            throw value;
          })(),
        ),
      ],
      spawnLater: () => spawnLater(1, fail).get(),
    };

    it.each(Object.entries(WAYS))("is what comes out of %s", (_, call) =>
      green(() => {
        expect(outcome(call)).toEqual(failed);
      })(),
    );

    it(
      "is a failure of its greenlet",
      green(() => {
        const g = observed(spawn(fail));
        expect(waitAll([g])).toEqual([g]);
        expect([...iwait([g])]).toEqual([g]);
        expect([g.ready, g.successful, g.exception, g.value]).toEqual([
          true,
          false,
          value,
          undefined,
        ]);
        expect(joinAll([g])).toEqual([g]);
        expect(scope((s) => void s.spawn(fail), { policy: "settle" })).toEqual([
          { status: "rejected", reason: value },
        ]);
        const none = outcome(() => scope((s) => void s.spawn(fail), { policy: "any" }))[1];
        expect((none as AggregateError).errors).toEqual([value]);
        const result = new AsyncResult();
        result.setException(value);
        expect([result.ready, result.successful]).toEqual([true, false]);
      }),
    );

    it(
      "ends the children of a scope early",
      green(() => {
        let ended = "not at all";
        outcome(() =>
          scope((s) => {
            s.spawn(() => {
              try {
                sleep(60_000);
                ended = "late";
              } finally {
                ended = "early";
              }
            });
            sleep(0);
            throw value;
          }),
        );
        expect(ended).toBe("early");
      }),
    );

    // undefined, as everywhere in JavaScript, is an argument that was not given.
    const itWithArgument = value === undefined ? null : it;
    itWithArgument?.(
      "is what a greenlet is killed with, and what a Timeout throws",
      green(() => {
        const g = spawn(() => outcome(() => sleep(60_000)));
        sleep(0);
        g.kill(value);
        expect(g.value).toEqual(failed);
        using _deadline = new Timeout(1, value);
        expect(outcome(() => sleep(60_000))).toEqual(failed);
        const signal = AbortSignal.abort(value);
        expect(outcome(() => sleep(1, { signal }))).toEqual(failed);
        expect(outcome(() => scope(() => sleep(60_000), { signal }))).toEqual(failed);
      }),
    );
  },
);

it(
  "two deadlines that throw the same value are two: the end of one does not undo the other",
  green(() => {
    const outer = new Timeout(1, "late");
    shield(() => {
      const inner = new Timeout(1, "late");
      sleep(20);
      inner.cancel();
    });
    expect(outcome(() => sleep(60_000))).toEqual(["threw", "late"]);
    outer.cancel();
    sleep(0);
  }),
);
