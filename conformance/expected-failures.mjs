// Tests of Node's that pass plain, and not under the patch, and why that is right.

/**
 * @typedef {object} ExpectedFailure
 * @property {string} test its name, as `fs-realpath`
 * @property {string} reason
 * @property {(run: { version: string, driver: string }) => boolean} [on] where; default: everywhere
 */

/** @type {readonly ExpectedFailure[]} */
export const expectedFailures = [];
