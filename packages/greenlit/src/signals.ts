import { constants } from "node:os";
import { config, formatDump, getHub, GreenletExit, killAll } from "@greenlit/core";
import {
  awaitWatch,
  memory,
  type Ending,
  GRACE,
  HANDLED,
  SIGNALS,
  SPEAKS,
  watchSignals,
} from "./signal-thread.js";

/** What Node's timers can count, with something to add. */
const LONGEST = 2 ** 31 - 1000;

/**
 * How a program that greenlit runs hears signals, where it has no handlers of its own: SIGINT and
 * SIGTERM kill all greenlets, so that their `finally` blocks run. The process ends when they have
 * ended, or `config.grace` milliseconds later, with the exit code of a shell whose program was
 * ended by the signal (128 + its number). The second signal ends it at once, and so does the first,
 * when the grace is over, if it calculates. SIGUSR2 prints every greenlet, with its stack, on
 * stderr.
 * @returns waits until signals are heard; for when the program begins.
 */
export function handleSignals(): () => void {
  if (process.platform !== "win32") {
    process.on("SIGUSR2", () => process.stderr.write(`${formatDump()}\n`));
  }
  const watch = watchSignals();
  if (watch === null) {
    for (const signal of SIGNALS) listen(signal);
    return () => {};
  }
  shareGrace();
  shareListeners();
  watch.on("message", end);
  watch.unref();
  return awaitWatch;
}

/** Keeps `config.grace`, which a program may change, where the other thread sees it. */
function shareGrace(): void {
  const share = (): void => void Atomics.store(memory, GRACE, Math.min(config.grace, LONGEST));
  const setting = Object.getOwnPropertyDescriptor(config, "grace") as PropertyDescriptor;
  Object.defineProperty(config, "grace", {
    ...setting,
    set(value: number) {
      setting.set?.call(config, value);
      share();
    },
  });
  share();
}

/** Keeps whether the program has handlers where the other thread sees it. */
function shareListeners(): void {
  const share = (name: string | symbol, added: boolean): void => {
    const i = SIGNALS.indexOf(name as Ending);
    if (i < 0) return;
    Atomics.store(memory, HANDLED + i, added || process.listenerCount(name) > 0 ? 1 : 0);
  };
  process.on("newListener", (name) => share(name, true));
  process.on("removeListener", (name) => share(name, false));
}

/** Only to tell them from the program's own. */
const ours = new WeakSet<object>();

/** Where there is no other thread: heard between two turns of the loop. */
function listen(signal: Ending): void {
  const heard = (): void => {
    if (process.listeners(signal).some((listener) => !ours.has(listener))) return;
    for (const name of SIGNALS) {
      for (const listener of process.listeners(name)) {
        if (ours.has(listener)) process.off(name, listener);
      }
    }
    end(signal);
  };
  ours.add(heard);
  process.on(signal, heard);
}

function end(signal: Ending): void {
  const hub = getHub();
  const code = 128 + constants.signals[signal];
  const living = hub.greenlets();
  process.exitCode = code;
  if (living.length === 0) process.exit(code);
  process.stderr.write(
    `greenlit: ${signal}: ending ${count(living.length)}; again to exit at once\n`,
  );
  let left = living.length;
  for (const greenlet of living) {
    greenlet.link(() => {
      if (--left === 0) process.exit(code);
    });
  }
  killAll(living, new GreenletExit(`ended by ${signal}`), { block: false });
  const grace = Math.min(config.grace, LONGEST);
  setTimeout(() => {
    Atomics.store(memory, SPEAKS, 1);
    process.stderr.write(
      `greenlit: ${count(hub.greenlets().length)} did not end within ${grace / 1000} s\n${formatDump()}\n`,
    );
    process.exit(code);
  }, grace).unref();
}

function count(greenlets: number): string {
  return `${greenlets} greenlet${greenlets === 1 ? "" : "s"}`;
}
