import { open as openSwitcher, report } from "@greenlit/switcher";
import { config } from "../config.js";
import { reportUnobserved } from "../diagnosis/unobserved.js";
import { loadCertificatesOnHub } from "../node/certificates.js";
import { watchResponses } from "../node/open-responses.js";
import { exitAloneFromStorages } from "../node/storage-exit.js";
import { hub } from "./hub.js";
import { lockModules } from "./module-lock.js";

/**
 * Prepares a thread for its first greenlet: makes stacks that can be suspended, changes what
 * greenlit changes in Node, and adds its listeners. All this stays for as long as the thread lives.
 * An import alone changes nothing.
 * @throws UnsupportedPlatformError where no greenlet can run; then nothing has been changed.
 */
export function open(): void {
  if (hub.opened) return;
  openSwitcher();
  hub.opened = true;
  exitAloneFromStorages();
  lockModules();
  if (report().driver === "thread") {
    loadCertificatesOnHub((load) => (hub.current === null ? load() : hub.call(load)));
  }
  watchResponses();
  process.on("beforeExit", () => {
    reportUnobserved(hub.unobserved);
    hub.reportDeadlock();
  });
  // Before the user's handlers, which may not block any more.
  process.prependListener("exit", () => {
    hub.exiting = true;
  });
  if (config.monitorThread) hub.monitor();
}
