// What the programs in ../programs share about the switcher.
import { report, root } from "@greenlit/switcher";
import { loadBinding } from "../../dist/binding.js";

/** Why memory cannot be looked at here, or false. */
export const noProc = process.platform !== "linux" && "needs Linux's /proc";

/** Why JSON.stringify must not be left by switching here, or false. */
export const noStringify =
  process.versions.v8.startsWith("12.") &&
  !loadBinding().drivers().includes("direct") &&
  "V8 12.4 aborts when calls of JSON.stringify do not end in order, and the list it looks at is found on Linux only";

const flags = process.execArgv.join(" ") + (process.env.NODE_OPTIONS ?? "");

/** Whether the stores of AsyncLocalStorage travel with a stack, or lie on Node's execution resource. */
export const storesTravel =
  Number(process.versions.node.split(".")[0]) >= 24 && !flags.includes("no-async-context-frame");

/** The driver that runs here. */
export const driver = () => report().driver;

/** In a greenlet: suspends it, and hands `value` to the root. */
export function park(value) {
  return root().switch(value);
}
