// Tests of Node's that pass plain, and not under the patch, and why that is right.

/**
 * @typedef {object} ExpectedFailure
 * @property {string} test its name, as `fs-realpath`
 * @property {string} reason
 * @property {(run: { version: string, driver: string }) => boolean} [on] where; default: everywhere
 */

/** A greenlet is an asynchronous scope of its own. Node's main module is the one with the id 1. */
const SCOPE = "expects that the main module runs in the asynchronous scope 1, which never ends";

/** In a greenlet, `spawnSync` is made of what `spawn` is made of. */
const SPAWN = "counts the calls of an internal function that Node's spawn alone is made of";

/** @type {readonly ExpectedFailure[]} */
export const expectedFailures = [
  { test: "async-hooks-disable-during-promise", reason: SCOPE },
  { test: "async-hooks-promise", reason: SCOPE },
  { test: "async-hooks-promise-triggerid", reason: SCOPE },
  { test: "async-hooks-top-level-clearimmediate", reason: SCOPE },
  { test: "child-process-windows-hide", reason: SPAWN },
];
