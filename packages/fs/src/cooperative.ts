import { config, Waiter } from "@greenlit/core";
import { blocker, stayFair } from "@greenlit/core/blocking-call";
import { type AtOnce, LATER } from "./at-once.js";
import { operationAbandoned, operationEnded } from "./abandoned.js";
import { original } from "./original.js";

/** The names of Node's blocking file functions. */
export type BlockingName = {
  [Name in keyof typeof original]: Name extends `${string}Sync` ? Name : never;
}[keyof typeof original];

type Callback = (error: NodeJS.ErrnoException | null, result?: unknown) => void;
type CallbackForm = (...args: unknown[]) => void;

/**
 * How a blocking function is made of Node's callback form: one row of the table in functions.ts.
 */
export interface Form {
  /**
   * How many arguments stand before the callback. Missing ones are passed as undefined, as Node's
   * defaults expect.
   */
  readonly arity: number;
  /** Makes the call without leaving the thread, where that need not wait. */
  readonly atOnce?: AtOnce;
  /** The callback form, when it is not the function named without "Sync". */
  readonly callback?: CallbackForm | undefined;
  /** The callback form's arguments, where its overloads are not the blocking form's. */
  readonly arrange?: (args: readonly unknown[]) => unknown[];
  /** The result of the call, when it is not what the callback form reports. */
  readonly result?: (value: unknown) => unknown;
  /** Turns a failure into a result (`throwIfNoEntry: false`), or throws it. */
  readonly rescue?: (error: NodeJS.ErrnoException, args: readonly unknown[]) => unknown;
  /** Undoes what arrives after the greenlet was killed or timed out: nobody else knows of it. */
  readonly discard?: (result: never) => void;
}

/**
 * The cooperative form of one of Node's blocking functions: same arguments, overloads, results and
 * errors, same `name` and `length`, but the greenlet waits instead of the thread.
 *
 * Differences to Node's asynchronous form it is built on: errors carry the stack of the blocking
 * caller (Node's have none), and what is opened or made for a greenlet that is gone by then is
 * closed or removed again.
 *
 * @throws BlockingSwitchOutError when called outside a greenlet.
 */
export function cooperative<Name extends BlockingName>(
  name: Name,
  form: Form,
): (typeof original)[Name] {
  const start = (form.callback ??
    original[name.slice(0, -"Sync".length) as keyof typeof original]) as CallbackForm;
  const { arity, arrange, atOnce, result, rescue } = form;
  const discard = form.discard as ((value: unknown) => void) | undefined;
  const what = `fs.${name}`;
  const nodes = original[name] as CallbackForm;

  const blocking = (...args: unknown[]): unknown => {
    if (atOnce !== undefined && config.filesAtOnce) {
      blocker(what);
      stayFair(what);
      try {
        const outcome = atOnce.try(args, nodes);
        if (outcome !== LATER) return outcome;
      } catch (error) {
        // As the errors below have it.
        if (error instanceof Error && "syscall" in error) Error.captureStackTrace(error, blocking);
        throw error;
      }
    }
    const waiter = new Waiter<unknown>(what);
    let state: "running" | "ended" | "abandoned" = "running";
    let failure: NodeJS.ErrnoException | null = null;
    let value: unknown;
    const settle: Callback = (error, outcome) => {
      if (state === "abandoned") {
        if (typeof args[0] === "number") operationEnded(args[0]);
        if (!error) discard?.(outcome);
        return;
      }
      state = "ended";
      failure = error;
      value = outcome;
      if (error) waiter.throw(error);
      else waiter.switch(outcome);
    };

    let started = false;
    try {
      const given = arrange === undefined ? args.slice(0, arity) : arrange(args);
      if (arrange === undefined) while (given.length < arity) given.push(undefined);
      start(...given, settle);
      started = true;
      waiter.wait();
      atOnce?.wasMade?.(args, value);
      return result === undefined ? value : result(value);
    } catch (error) {
      // Wrong arguments throw before anything is started, with a stack that already leads here.
      if (started) {
        if (error !== failure) {
          abandon();
          throw error;
        }
        atOnce?.wasMade?.(args);
        Error.captureStackTrace(failure as unknown as Error, blocking);
      }
      if (rescue !== undefined) return rescue(error as NodeJS.ErrnoException, args);
      throw error;
    }

    function abandon(): void {
      if (state === "ended") {
        if (failure === null) discard?.(value);
        return;
      }
      state = "abandoned";
      if (typeof args[0] === "number") operationAbandoned(args[0]);
    }
  };
  return named(blocking, original[name]) as (typeof original)[Name];
}

/** Gives `fn` the name and the number of parameters of the function it stands for. */
function named<F extends object>(fn: F, model: unknown): F {
  for (const property of ["name", "length"] as const) {
    const descriptor = Object.getOwnPropertyDescriptor(model, property);
    if (descriptor !== undefined) Object.defineProperty(fn, property, descriptor);
  }
  return fn;
}
