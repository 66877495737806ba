import { Worker } from "node:worker_threads";

/** Signals that end a program. */
export const SIGNALS = ["SIGINT", "SIGTERM"] as const;
export type Ending = (typeof SIGNALS)[number];

/**
 * Shared with the thread of signal-watch.cts. Words: 0, whether it hears; 1, the grace in
 * milliseconds; from 2 on, for each of SIGNALS, whether the program has handlers of its own; then,
 * whether it has heard one that ends the program, and whether the main thread, when the grace was
 * over, has begun to say who has not ended.
 */
export const memory: Int32Array = new Int32Array(new SharedArrayBuffer(4 * (4 + SIGNALS.length)));
const UP = 0;
export const GRACE = 1;
export const HANDLED = 2;
const ENDING = HANDLED + SIGNALS.length;
export const SPEAKS: number = ENDING + 1;

/**
 * Milliseconds that a program may have to wait for the thread. It takes 20 to 100, most of them
 * while greenlit is loaded.
 */
const PATIENCE = 500;

let watch: Worker | null | undefined;

/**
 * The thread that hears signals for this one, which is the main thread; null where there can be
 * none.
 */
export function watchSignals(): Worker | null {
  if (watch !== undefined) return watch;
  watch = null;
  // Windows ends a process that is told to end.
  if (process.platform === "win32") return watch;
  try {
    watch = new Worker(new URL("signal-watch.cjs", import.meta.url), {
      workerData: { memory, signals: SIGNALS },
      execArgv: ["--expose-internals", "--no-warnings"],
      env: {},
    });
  } catch {
    // Node has been told to allow no Workers.
  }
  return watch;
}

/** Whether that thread has heard a signal that ends the program. */
export function isAskedToEnd(): boolean {
  return Atomics.load(memory, ENDING) !== 0;
}

/** Blocks until that thread hears. */
export function awaitWatch(): void {
  Atomics.wait(memory, UP, 0, PATIENCE);
}
