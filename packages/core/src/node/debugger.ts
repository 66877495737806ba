// A debugger that has paused a greenlet evaluates expressions on that greenlet's stack. A blocking
// call there would leave V8 and the debugger in the middle of their pause, so it is refused.

import { Session, url } from "node:inspector";
import { isMainThread } from "node:worker_threads";

let session: Session | null = null;

/**
 * Whether a debugger may be attached to this thread. A worker cannot know, so the answer is always
 * yes there.
 */
export function mayBeDebugged(): boolean {
  return !isMainThread || url() !== undefined;
}

/**
 * Whether a debugger has paused this thread, and this code is what it evaluates. Takes some
 * microseconds.
 * @param since when the greenlet was resumed, or earlier, by `performance.now`.
 */
export function isPaused(since: number): boolean {
  // A pause takes several messages. So in a worker, a shorter time than theirs cannot hold a pause.
  if (!isMainThread && performance.now() - since < SHORTEST_PAUSE) return false;
  if (session === null) {
    session = new Session();
    session.connect();
  }
  let answer = "";
  // There is no such frame, so this always fails; but if nothing is paused, the error says so.
  session.post("Debugger.evaluateOnCallFrame", NO_FRAME, (error) => {
    answer = error?.message ?? "";
  });
  return !answer.includes("while paused");
}

/** Milliseconds. */
const SHORTEST_PAUSE = 0.5;
const NO_FRAME = { callFrameId: "0", expression: "0" };
