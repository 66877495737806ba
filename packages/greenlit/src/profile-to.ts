import { closeSync, openSync, writeSync } from "node:fs";
import { startSampler } from "@greenlit/switcher";

/**
 * Samples this thread from now on, greenlets included, and writes the profile when the process
 * exits.
 * @throws Node's own error, at once, when the file cannot be written.
 */
export function profileTo(file: string): void {
  const fd = openSync(file, "w");
  const stop = startSampler();
  process.on("exit", () => {
    writeSync(fd, JSON.stringify(stop()));
    closeSync(fd);
  });
}
