/** The bits of native/v8/holds.h in words, from the lowest bit on. */
const HOLDS = [
  "it is inside a call of WebAssembly.promising, " +
    "of which V8 can suspend only those that it suspends itself. " +
    "Make the import that blocks a WebAssembly.Suspending one that returns a promise, " +
    "or call the export directly, without WebAssembly.promising: then its imports may block",
  "a native addon called back with a Node-API handle scope open, " +
    "and Node aborts unless these are closed in order. " +
    "Block after the addon's function has returned; " +
    "`run(...)` in the callback starts a greenlet that may block",
];

/**
 * Why a stack cannot be left, by the result of the binding's `holds()`; empty if it can be left.
 */
export function whyHeld(held: number): string {
  return HOLDS.filter((_, bit) => (held & (1 << bit)) !== 0).join("; and ");
}
