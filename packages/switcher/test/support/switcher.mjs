// What the programs share about the switcher.
import { report, root } from "@greenlit/switcher";
import { loadBinding } from "../../dist/binding.js";

/** Why the memory of the process cannot be measured here; false if it can. */
export const noProc = process.platform !== "linux" && "needs Linux's /proc";

/** Why a greenlet must not switch inside JSON.stringify here; false if it may. */
export const noStringify =
  process.versions.v8.startsWith("12.") &&
  !loadBinding().drivers().includes("direct") &&
  "V8 12.4 aborts when calls of JSON.stringify do not end in order; " +
    "the list that it checks is found on Linux only";

const flags = process.execArgv.join(" ") + (process.env.NODE_OPTIONS ?? "");

/** Whether stores of AsyncLocalStorage travel with a stack; else they lie on Node's resource. */
export const storesTravel =
  Number(process.versions.node.split(".")[0]) >= 24 && !flags.includes("no-async-context-frame");

/** The driver that runs here. */
export const driver = () => report().driver;

/** In a greenlet: suspends it, and hands `value` to the root. */
export function park(value) {
  return root().switch(value);
}
