const calls = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `fn` when the signal aborts. Any number of greenlets may wait with one signal, and Node
 * looks through all listeners whenever one is added. So they share one listener, which is removed
 * when none of them waits.
 * @returns a function that takes `fn` back.
 */
export function onAbort(signal: AbortSignal, fn: () => void): () => void {
  let fns = calls.get(signal);
  if (fns === undefined) calls.set(signal, (fns = new Set()));
  const own = fns;
  if (own.size === 0) signal.addEventListener("abort", callAll);
  own.add(fn);
  return () => {
    if (own.delete(fn) && own.size === 0) signal.removeEventListener("abort", callAll);
  };
}

function callAll(this: AbortSignal): void {
  for (const fn of calls.get(this) ?? []) fn();
}
