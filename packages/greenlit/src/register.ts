// node --import greenlit/register app.js
// Patches before anything else loads, and runs the main module in a greenlet. Node goes on to import
// the main module when this module is done, and finds that it has been loaded.

import { isMainThread } from "node:worker_threads";
import { patchAll } from "@greenlit/monkey";
import { runMain } from "./run-main.js";

patchAll();
const [, main] = process.argv;
// Workers inherit the flag, but not the main module; -e, -p and a script on stdin have none.
if (isMainThread && main !== undefined && main !== "-") await runMain(main);
