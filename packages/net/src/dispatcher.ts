import { Agent, type Dispatcher, getGlobalDispatcher } from "undici";

let last: Dispatcher | null = null;
let usable: Dispatcher | null = null;
let own: Agent | null = null;

/**
 * The pool of connections of the process. Where Node's own undici was loaded first, as by a look at
 * `Response`, that is its pool; in Node 20 and 22 that one is older than ours and wants handlers of
 * another kind, so there we use one of our own.
 */
export function globalDispatcher(): Dispatcher {
  const found = getGlobalDispatcher();
  if (found !== last) {
    last = found;
    usable = isOlder(found) ? (own ??= new Agent()) : found;
  }
  return usable as Dispatcher;
}

const nobody: Dispatcher.DispatchHandler = {
  onRequestStart() {},
  onResponseStart() {},
  onResponseData() {},
  onResponseEnd() {},
  onResponseError() {},
};

/**
 * Asks it for nothing, which is an error that it tells the handler of, if it knows such handlers.
 */
function isOlder(dispatcher: Dispatcher): boolean {
  try {
    dispatcher.dispatch({} as Dispatcher.DispatchOptions, nobody);
  } catch (error) {
    return (error as Error).message === "invalid onError method";
  }
  return false;
}
