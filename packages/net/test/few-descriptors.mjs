// A server for the tests, started with a limit of descriptors, of which it leaves twenty. Prints
// its port, ends with its input.
import { closeSync, openSync } from "node:fs";
import { run, sleep } from "@greenlit/core";
import { serve } from "@greenlit/net";

const taken = [];

function takeAll() {
  try {
    for (;;) taken.push(openSync("/dev/null", "r"));
  } catch (error) {
    if (error.code !== "EMFILE") throw error;
  }
}

run(() => {
  const server = serve({ port: 0, host: "127.0.0.1" }, () => {
    sleep(20);
    return { body: "here" };
  });
  takeAll();
  for (const descriptor of taken.splice(0, 20)) closeSync(descriptor);
  console.log(server.port);
});
process.stdin.resume().on("end", () => process.exit());
