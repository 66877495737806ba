// For packages that have blocking calls of their own: `@greenlit/core/blocking-call`. What is here
// keeps one contract everywhere; README.md shows a call that is written with it.
//
// Most calls go through these steps, in this order:
//
//     checkWait(what, options);             // refuses what is wrong, before anything changes
//     if (ready) stayFair(what);            // nothing to wait for: gives the others their turn
//     if (ready) return take();             // may have changed meanwhile
//     new Waiter(what) ... wait(options);   // parks; kills, Timeouts and signals interrupt it

/** The call itself: made where it begins, settled once by whoever ends it, and waited for. */
export { Waiter } from "./hub/waiter.js";
/** Calls that wait for the same thing, first come first served; who gives up leaves it. */
export { Entry, WaitList } from "./hub/wait-list.js";
/**
 * The greenlet that makes the call. Throws where none may block, so it comes before a call begins
 * what it could not wait for. `new Waiter` does the same.
 */
export { blocker } from "./hub/waiter.js";
/** Wakes many in one callback: they run in one turn, instead of one after the other. */
export { wakeTogether } from "./hub/waiter.js";
/** Fairness: what a call does first that finds what it asks for, before it takes it. */
export { stayFair } from "./hub/waiter.js";
/** Starts a greenlet for each of very many alike, such as the requests of a server. */
export { spawnWithoutSite } from "./calls/spawn.js";
/** Whether nobody could run meanwhile, for calls that need not let anyone. */
export { beginProgram, isAlone, programRuns } from "./hub/waiter.js";
/** Whether a call may block here, for calls that have another way where they must not. */
export { mayBlock } from "./hub/waiter.js";

/** Iteration whose steps block, and what its last step returns. */
export { ENDED, Steps } from "./collections/steps.js";

/** The options of every blocking call, as a type; their names are `WAIT`. */
export type { WaitOptions } from "./wait-options.js";
export { WAIT } from "./wait-options.js";
/** Looks at all options of a blocking call: names, `timeout`, `signal`. The first thing it does. */
export { checkWait } from "./wait-options.js";
/** Looks at the names of options that are not those of a blocking call. */
export { checkOptions } from "./wait-options.js";
/** A signal on its own, for calls whose other options belong to somebody else. */
export { checkSignal } from "./wait-options.js";
/** A time that must be there, in milliseconds. */
export { checkTime } from "./wait-options.js";
/** A time that may be null or absent: without end. */
export { checkTimeout } from "./wait-options.js";
/** A function that was given, and not its result. */
export { checkFunction } from "./wait-options.js";

/** When the `timeout` of a call that waits several times is over. */
export { deadline } from "./hub/timer.js";
/** What is left until then: the `timeout` of its next wait. */
export { timeLeft } from "./hub/timer.js";

/** What such a call throws when its `timeout` is over: with the time it was given. */
export { timedOut } from "./hub/timeout.js";

/** A RangeError in the words of all others: "limit must be ..., not -1". */
export { outOfRange } from "./errors.js";
/** A TypeError in the words of all others, with what to write instead. */
export { wrongType } from "./errors.js";
/** An error as Node prints it, also one that cannot be printed. */
export { printed } from "./errors.js";
/** Gives an error that was born in a callback the stack of the line that made the call. */
export { placeHere } from "./traces/frames.js";
