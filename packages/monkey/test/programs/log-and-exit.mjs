// Its stdout is a file. What was logged before the exit must be in it, in order.
import { run, spawn } from "@greenlit/core";
import { patchAll } from "@greenlit/monkey";

patchAll();
run(() => {
  // If the first write let go of the thread, the second would only be queued behind it, and lost.
  spawn(() => console.log("first"));
  spawn(() => {
    console.log("last");
    process.exit(3);
  });
});
