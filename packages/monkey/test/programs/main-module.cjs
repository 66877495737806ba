// Loaded as a main module inside a greenlet: its own top level may switch, what it requires may
// not.
const { statfsSync } = require("node:fs");
const slow = require("./modules/slow.cjs");

globalThis.switchedIn.required = slow.complete && globalThis.switches;
// Is never made at once. Who waits may be back before another one has had its turn, but not always.
for (let i = 0; i < 10; i++) statfsSync(__filename);
globalThis.switchedIn.main = globalThis.switches;
