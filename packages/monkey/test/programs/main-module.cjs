// Loaded as a main module inside a greenlet: its own top level may switch, what it requires may
// not.
const { readFileSync } = require("node:fs");
const slow = require("./modules/slow.cjs");

globalThis.switchedIn.required = slow.complete && globalThis.switches;
readFileSync(__filename);
globalThis.switchedIn.main = globalThis.switches;
