// All of functions.test.ts again, while each call goes to the thread pool.
import { config } from "@greenlit/core";

config.filesAtOnce = false;
await import("./functions.test.js");
