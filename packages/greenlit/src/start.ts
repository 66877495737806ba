import { isMainThread } from "node:worker_threads";
import { patchAllWhenLoaded } from "@greenlit/monkey/program";
import { greenChildren, hidePreload } from "./children.js";
import { greenMain } from "./main-module.js";
import { profileTo } from "./profile-to.js";
import { isAskedToEnd, watchSignals } from "./signal-thread.js";
import { handleSignals } from "./signals.js";

/**
 * Where to write a CPU profile: `--profile` of the command, on its way to where the program runs.
 */
const PROFILE = "GREENLIT_PROFILE";

/**
 * What every program needs that greenlit runs, before its main module is loaded.
 * @param preloaded Node was told to load greenlit before the program.
 * @throws Node's own error when no profile can be written where one is asked for.
 */
export function start(preloaded: boolean): void {
  if (started) return;
  started = true;
  hidePreload();
  let ready = (): void => {};
  let asked: (() => boolean) | null = () => false;
  if (isMainThread) {
    const profile = process.env[PROFILE];
    delete process.env[PROFILE];
    if (profile !== undefined) profileTo(profile);
    ready = handleSignals();
    asked = watchSignals() === null ? null : isAskedToEnd;
  }
  greenMain(ready, patchAllWhenLoaded(), asked);
  greenChildren(preloaded);
}

let started = false;
