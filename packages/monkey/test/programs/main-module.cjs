// Loaded as a main module inside a greenlet: its own top level may switch, what it requires may
// not.
const { statfsSync } = require("node:fs");
const slow = require("./modules/slow.cjs");

globalThis.switchedIn.required = slow.complete && globalThis.switches;
statfsSync(__filename); // is never made at once
globalThis.switchedIn.main = globalThis.switches;
