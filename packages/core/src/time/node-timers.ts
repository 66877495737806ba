// Node's timers as they were when greenlit was loaded. Greenlets depend on them, whatever a program
// does to the globals: removes them, or puts others there whose time stands still.

export const setImmediate: typeof globalThis.setImmediate = globalThis.setImmediate;
export const clearImmediate: typeof globalThis.clearImmediate = globalThis.clearImmediate;
export const setTimeout: typeof globalThis.setTimeout = globalThis.setTimeout;
export const clearTimeout: typeof globalThis.clearTimeout = globalThis.clearTimeout;
