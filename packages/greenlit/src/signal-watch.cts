// A thread that hears SIGINT and SIGTERM for the main thread, which is deaf while it calculates.
//
// It alone has handlers for them. When it takes them off, at the first signal, the system ends the
// process at the next one, whatever runs, as it ends node. Node lets no Worker listen to signals;
// this one uses what process.on uses in the main thread, which its flag --expose-internals opens to
// it, and to no other thread.

const os = require("node:os") as typeof import("node:os");
const workerThreads = require("node:worker_threads") as typeof import("node:worker_threads");

interface SignalWrap {
  onsignal: () => void;
  start(signal: number): number;
  close(): void;
}

/** Which words of the shared memory say what: see signals.ts. */
const { memory, signals } = workerThreads.workerData as {
  memory: Int32Array;
  signals: readonly ("SIGINT" | "SIGTERM")[];
};
const [UP, GRACE, HANDLED] = [0, 1, 2];
const ENDING = HANDLED + signals.length;
const SPEAKS = ENDING + 1;
/** Milliseconds that the main thread has, once the grace is over, to begin to say who is left. */
const LAST_WORDS = 1000;

const { internalBinding } = require("internal/test/binding") as {
  internalBinding(name: "signal_wrap"): { Signal: new () => SignalWrap };
};
const { Signal } = internalBinding("signal_wrap");

const wraps = signals.map((signal, i) => {
  const wrap = new Signal();
  wrap.onsignal = () => {
    if (Atomics.load(memory, HANDLED + i) === 0) end(signal);
  };
  wrap.start(os.constants.signals[signal]);
  return wrap;
});
Atomics.store(memory, UP, 1);
Atomics.notify(memory, UP);

function end(signal: NodeJS.Signals): void {
  for (const wrap of wraps) wrap.close();
  Atomics.store(memory, ENDING, 1);
  // One after the other: what holds up the whole process takes nothing of the last words.
  setTimeout(() => setTimeout(endIfSilent, LAST_WORDS, signal), Atomics.load(memory, GRACE));
  workerThreads.parentPort?.postMessage(signal);
}

/** It calculates, and hears nothing. */
function endIfSilent(signal: NodeJS.Signals): void {
  if (Atomics.load(memory, SPEAKS) === 0) process.kill(process.pid, signal);
}
