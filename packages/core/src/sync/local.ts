import { hub } from "../hub/hub.js";

/** A variable with a value of its own in each greenlet; the hub counts as one. */
export interface Local<T> {
  get(): T;
  set(value: T): void;
}

/** The hub's own values. */
const hubLocals = new WeakMap<object, unknown>();

/**
 * Makes a variable that has its own value in each greenlet. The value is freed when the greenlet
 * ends.
 * @param initial returns the first value for a greenlet; called at its first `get`. Default: the
 *   first value is undefined.
 */
export function local<T>(initial: () => T): Local<T>;
export function local<T>(): Local<T | undefined>;
export function local<T>(initial?: () => T): Local<T | undefined> {
  const key: Local<T | undefined> = {
    get() {
      const values = valuesHere();
      if (!values.has(key)) values.set(key, initial?.());
      return values.get(key) as T | undefined;
    },
    set(value) {
      valuesHere().set(key, value);
    },
  };
  return key;
}

function valuesHere(): Map<object, unknown> | WeakMap<object, unknown> {
  const greenlet = hub.current;
  return greenlet === null ? hubLocals : (greenlet.locals ??= new Map());
}
