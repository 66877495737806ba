// The contract of every call that blocks, once, for all packages: where it may be called, what it
// takes, how it ends, and that it leaves nothing behind.
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import {
  getCurrent,
  getHub,
  type Greenlet,
  GreenletExit,
  type GreenlitError,
  killAll,
  run,
  sleep,
  spawn,
  Timeout,
  WaitList,
  type WaitOptions,
  withTimeout,
} from "@greenlit/core";
import { green } from "./green.js";
import { thrownBy } from "./thrown-by.js";
import { turns } from "./turns.js";

/** A greenlet, perhaps of another copy of the core. */
export interface Killable {
  kill(error: undefined, options: { block: false }): unknown;
}

/** A call in a state in which nothing ever ends it. */
export interface BlockedCall {
  readonly call: (options?: WaitOptions) => unknown;
  /** Where it waits: objects with lists of those who wait, or with links. */
  readonly at?: readonly object[];
  /** What it must not change when it is refused. */
  readonly state?: () => unknown;
  /** Greenlets that see to it, to be killed in the end. */
  readonly helpers?: () => Iterable<Killable>;
  /** Puts away what it was set up with. In a greenlet. */
  readonly end?: () => void;
}

/** The same call where it need not block. */
export interface EasyCall {
  readonly call: (options?: WaitOptions) => unknown;
  /** What it changes when it is let through, and must not when it is refused. */
  readonly state: () => unknown;
  /** Puts away what it was set up with. In a greenlet. */
  readonly end?: () => void;
}

/** A row of the table. */
export interface BlockingCall {
  /** The name in its errors. */
  readonly name: string;
  /** The name in its Timeout, where that is another one. */
  readonly timeoutName?: string;
  /** Which of the options it takes. Default: both. */
  readonly takes?: readonly ("timeout" | "signal")[];
  /** The table puts what it is given into options of its own. */
  readonly spreads?: boolean;
  /** It passes other options on to somebody else, so that it cannot know their names. */
  readonly passesOn?: boolean;
  /** It waits for greenlets that it has begun itself, in their lists. */
  readonly begins?: boolean;
  /** It acts though its signal has been aborted, which ends its waiting alone: as `kill` does. */
  readonly actsFirst?: boolean;
  /** What it gives after `timeout`; absent: it throws a Timeout. */
  readonly gives?: unknown;
  /** Sets the call up; in a greenlet, and may block. */
  readonly blocked: () => BlockedCall;
  readonly easy?: () => EasyCall;
}

/** One promise that a call keeps. */
export interface Clause {
  readonly title: string;
  /** Whether it says anything about this call. */
  readonly concerns: (one: BlockingCall) => boolean;
  /** Rejects when the call breaks it. */
  readonly check: (one: BlockingCall) => Promise<void>;
}

/** What it needs of a test runner: those of vitest, of `node:test`, of jest. */
export interface SuiteHooks {
  describe(name: string, body: () => void): unknown;
  it(name: string, body: () => Promise<void>): unknown;
}

/** Tests every clause with every call that it concerns. */
export function describeBlockingCalls(calls: readonly BlockingCall[], hooks: SuiteHooks): void {
  const { describe, it } = hooks;
  describe("a call that blocks", () => {
    for (const { title, concerns, check } of CLAUSES) {
      for (const [i, one] of calls.entries()) {
        if (concerns(one)) it(`${title}: ${one.name} (${i})`, () => check(one));
      }
    }
  });
}

/**
 * The names of functions that are in no table, and are not known not to block; and of those in
 * neither place that are not there. Both are empty where the table is complete.
 *
 * @param exported a module, or an object with methods.
 * @param covered the names that the table has rows for.
 * @param others those that never block.
 */
export function strayNames(
  exported: object,
  covered: Iterable<string>,
  others: Iterable<string>,
): { missing: string[]; unknown: string[] } {
  const functions = new Set(functionsOf(exported));
  const known = new Set([...covered, ...others]);
  return {
    missing: [...functions].filter((name) => !known.has(name)).sort(),
    unknown: [...known].filter((name) => !functions.has(name)).sort(),
  };
}

/** The names of functions, in lower case: classes are not called. Getters are not touched. */
function functionsOf(object: object): string[] {
  return Object.getOwnPropertyNames(object).filter((name) => {
    if (name === "constructor" || !/^[a-z]/.test(name)) return false;
    return typeof value(object, name) === "function";
  });
}

/** Not of a getter of an object, which may do anything; some loaders have getters in modules. */
function value(object: object, name: string): unknown {
  if (Object.prototype.toString.call(object) === "[object Module]")
    return Reflect.get(object, name);
  return Object.getOwnPropertyDescriptor(object, name)?.value;
}

/** What some program took for a time, and what is thrown for it. */
const BAD_TIMES: readonly (readonly [timeout: unknown, error: string])[] = [
  [-1, "RangeError"],
  [-Infinity, "RangeError"],
  [Number.NaN, "RangeError"],
  ...[
    "x",
    "50",
    "",
    50n,
    true,
    false,
    [50],
    {},
    new Date(50),
    Object(50),
    () => 50,
    Symbol("50"),
  ].map((timeout) => [timeout, "TypeError"] as const),
];

/** What is no options: most of it is taken for them by who knows gevent. */
const NO_OPTIONS = [null, 10, 0, false, true, "10", [10], [], () => {}, new Date(), new Map()];

const takesTimeout = ({ takes }: BlockingCall): boolean => takes?.includes("timeout") ?? true;
const takesSignal = ({ takes }: BlockingCall): boolean => takes?.includes("signal") ?? true;
const all = (): boolean => true;

/** As given by who did not look at the types. */
const as = (options: unknown): WaitOptions => options as WaitOptions;

/** All of them. */
export const CLAUSES: readonly Clause[] = [
  {
    title: "throws on the hub, and says what to write instead",
    concerns: all,
    check: onTheHub,
  },
  {
    title: "refuses a bad timeout before anything changes",
    concerns: takesTimeout,
    check: refusing(({ call, unchanged }) => {
      for (const [timeout, name] of BAD_TIMES) {
        const error = thrownBy(() => call(as({ timeout }))) as Error;
        assert.equal(error.name, name, String(error));
        assert.match(error.message, /^timeout must be a number of milliseconds, 0 or more.* not /);
        unchanged();
      }
    }),
  },
  {
    title: "refuses options it does not know, and says what it takes",
    concerns: (one) => takesSignal(one) && one.passesOn !== true,
    check: refusing(({ call, unchanged, one }) => {
      const slips = [["sginal", "signal"] as const, ["Signal", "signal"] as const];
      const ofTime = [["timout", "timeout"] as const, ["timeouts", "timeout"] as const];
      for (const [slip, meant] of takesTimeout(one) ? [...slips, ...ofTime] : slips) {
        const error = thrownBy(() => call(as({ [slip]: 10 }))) as Error;
        assert.ok(error instanceof TypeError, String(error));
        const says = `has no option "${slip}": did you mean "${meant}"? It takes `;
        assert.ok(error.message.includes(says), error.message);
      }
      const error = thrownBy(() => call(as({ foo: 1 }))) as Error;
      assert.match(error.message, /^[\w.]+ has no option "foo"\. It takes .*signal/);
      unchanged();
    }),
  },
  {
    title: "refuses what are no options",
    concerns: (one) => takesSignal(one) && one.spreads !== true && one.passesOn !== true,
    check: refusing(({ call, unchanged, one }) => {
      for (const wrong of [...NO_OPTIONS, new AbortController().signal]) {
        const error = thrownBy(() => call(as(wrong))) as Error;
        assert.ok(error instanceof TypeError, `${String(wrong)}: ${error}`);
        assert.match(error.message, /^options must be an object of /);
      }
      if (takesTimeout(one)) {
        const error = thrownBy(() => call(as(10))) as Error;
        assert.ok(error.message.includes("{ timeout: 10 }), in milliseconds"), error.message);
      }
      const { message } = thrownBy(() => call(as(AbortSignal.abort()))) as Error;
      assert.match(message, /, \{ signal \}\)$/);
      unchanged();
    }),
  },
  {
    title: "refuses a signal that is none",
    concerns: takesSignal,
    check: refusing(({ call, unchanged }) => {
      for (const signal of [new AbortController(), true, {}, "abort"]) {
        const error = thrownBy(() => call(as({ signal }))) as Error;
        assert.match(error.message, /^signal must be an AbortSignal, not /);
      }
      unchanged();
    }),
  },
  {
    title: "ends after its timeout, as it says",
    concerns: takesTimeout,
    check: blocking(({ call }, one) => {
      for (const timeout of [0, 1]) {
        if ("gives" in one) {
          assert.deepEqual(call({ timeout }), one.gives);
          continue;
        }
        // By its code: it may be of another copy of the core.
        const error = thrownBy(() => call({ timeout })) as Timeout;
        assert.equal(error.code, "ERR_GREENLIT_TIMEOUT", String(error));
        assert.ok(error.message.startsWith(one.timeoutName ?? one.name), error.message);
        assert.ok(error.message.endsWith(`timed out after ${timeout} ms`), error.message);
        assert.equal(error.ms, timeout);
      }
    }),
  },
  {
    title: "throws the reason of an aborted signal",
    concerns: takesSignal,
    check: refusing(({ call, unchanged, one }) => {
      const reason = new Error("aborted before");
      assert.equal(
        thrownBy(() => call({ signal: AbortSignal.abort(reason) })),
        reason,
      );
      if (one.actsFirst !== true) unchanged();
    }),
  },
  {
    title: "throws the reason of a signal that aborts meanwhile",
    concerns: takesSignal,
    check: blocking(({ call }) => {
      const controller = new AbortController();
      const { signal } = controller;
      const reason = new Error("aborted meanwhile");
      setTimeout(() => controller.abort(reason), 2);
      assert.equal(
        thrownBy(() => call({ signal })),
        reason,
      );
      settle();
      assert.deepEqual(getEventListeners(signal, "abort"), []);
    }),
  },
  {
    title: "lets an outer Timeout through",
    concerns: all,
    check: blocking(({ call }, one) => {
      const options = takesTimeout(one) ? { timeout: null } : {};
      const mine = thrownBy(() => withTimeout(1, () => call(options)));
      assert.ok(mine instanceof Timeout, String(mine));
      assert.equal(mine.message, "timed out after 1 ms");
      assert.equal(
        withTimeout(1, () => call(), "late"),
        "late",
      );
    }),
  },
  {
    title: "throws what its greenlet is killed with",
    concerns: all,
    check: blocking(({ call, at, helpers }, one) => {
      const before = new Set(getHub().greenlets());
      let thrown: unknown;
      const g = spawn(() => {
        thrown = thrownBy(() => call());
        throw thrown;
      });
      settle();
      assert.equal(g.ready, false, "it blocks");
      if (at !== undefined && one.begins !== true) assert.ok(waiting(at) > 0, "it waits there");
      g.kill();
      assert.ok(thrown instanceof GreenletExit, String(thrown));
      assert.deepEqual([g.value, g.successful], [thrown, true]);
      settle();
      // What `map` has begun goes on; its Group knows it.
      const known = new Set<unknown>([getCurrent(), ...(helpers?.() ?? []), ...before]);
      assert.deepEqual(
        getHub()
          .greenlets()
          .filter((one) => !known.has(one)),
        [],
      );
    }),
  },
];

async function onTheHub(one: BlockingCall): Promise<void> {
  const { call, at, state, helpers, end } = await run(one.blocked);
  try {
    await turns(3);
    const before = state?.();
    const error = thrownBy(() => call({})) as GreenlitError;
    assert.equal(error.code, "ERR_GREENLIT_BLOCKING_SWITCH_OUT", String(error));
    assert.ok(error.message.startsWith(`${one.name} cannot block here`), error.message);
    assert.ok(error.message.includes("run(() => ...)"), error.message);
    assert.ok(error.message.includes("wait(promise)"), error.message);
    await turns(3);
    assert.deepEqual([waiting(at), state?.()], [0, before], "it changes nothing");
  } finally {
    for (const helper of helpers?.() ?? []) helper.kill(undefined, { block: false });
    await run(() => end?.());
  }
}

/** Sets the call up in a greenlet, lets `check` at it, and ends what was set up. */
function blocking(check: (blocked: BlockedCall, one: BlockingCall) => void): Clause["check"] {
  return (one) =>
    green(() => {
      const blocked = one.blocked();
      const { at, helpers, end } = blocked;
      try {
        settle();
        assert.equal(waiting(at), 0, "nobody waits yet");
        check(blocked, one);
        settle();
        assert.equal(waiting(at), 0, "it leaves no trace");
      } finally {
        killAll([...(helpers?.() ?? [])] as Greenlet[]);
        end?.();
      }
    })();
}

interface Refusing {
  readonly one: BlockingCall;
  readonly call: (options?: WaitOptions) => unknown;
  /** Throws if it has changed anything. */
  readonly unchanged: () => void;
}

/** For what is refused, whether or not the call would have to wait. */
function refusing(check: (refusing: Refusing) => void): Clause["check"] {
  const where = blocking(({ call, at, state }, one) => {
    const before = state?.();
    const unchanged = (): void => {
      assert.deepEqual([waiting(at), state?.()], [0, before], "it changes nothing");
    };
    check({ one, call, unchanged });
  });
  const whereEasy = (one: BlockingCall, easy: () => EasyCall): Promise<void> =>
    green(() => {
      const { call, state, end } = easy();
      try {
        const before = state();
        const unchanged = (): void => assert.deepEqual(state(), before, "it changes nothing");
        check({ one, call, unchanged });
      } finally {
        end?.();
      }
    })();
  return async (one) => {
    await where(one);
    if (one.easy !== undefined) await whereEasy(one, one.easy);
  };
}

/** How many wait at some objects, in lists and as links. */
function waiting(objects: readonly object[] = []): number {
  let count = 0;
  for (const object of objects) {
    for (const [key, value] of Object.entries(object)) {
      if (value instanceof WaitList) count += value.length;
      else if (key === "links") count += value?.oldest?.size ?? 0;
    }
  }
  return count;
}

/** Lets all others go as far as they can. */
function settle(): void {
  for (let i = 0; i < 4; i++) sleep(0);
}
