import type { CopySyncOptions } from "node:fs";
import * as workerThreads from "node:worker_threads";
import { Semaphore } from "@greenlit/core";
import { Waiter } from "@greenlit/core/blocking-call";

/** Node's own: one that a program, or greenlit, has put there would load more than is needed. */
const { Worker } = workerThreads;
type Thread = workerThreads.Worker;

/** Copies at a time: each has a thread of its own for as long as it takes. */
const THREADS = new Semaphore(4);

/** What a thread does. An error of a class that programs cannot make is not told. */
const CODE = `
const { parentPort, workerData: { src, dest, options } } = require("node:worker_threads");
const path = (path) => (path.href === undefined ? path : new URL(path.href));
let answer = null;
try {
  require("node:fs").cpSync(path(src), path(dest), options);
} catch (error) {
  const plain = Object.getPrototypeOf(error) === Error.prototype;
  const { stack, message, ...fields } = Object.getOwnPropertyDescriptors(error);
  answer = plain
    ? { message: error.message, fields: Object.entries(fields) }
    : { message: null };
}
parentPort.postMessage(answer);
`;

type Answer = null | {
  readonly message: string | null;
  readonly fields: readonly [string, PropertyDescriptor][];
};

/**
 * `fs.cpSync` in another thread. If the greenlet is interrupted, the thread ends when the folder
 * that it is at is copied.
 * @param own the call, for errors that only Node can make: they are thrown before anything is
 *   copied, so that it throws them at once.
 */
export function copyInThread(
  src: string | URL,
  dest: string | URL,
  options: CopySyncOptions | undefined,
  own: () => void,
): void {
  THREADS.acquire();
  let answer: Answer;
  try {
    const worker = begin(src, dest, options);
    if (worker === null) return own();
    answer = untilDone(worker);
  } finally {
    THREADS.release();
  }
  if (answer === null) return;
  if (answer.message === null) return own();
  const error = new Error(answer.message);
  Error.captureStackTrace(error, copyInThread);
  for (const [name, field] of answer.fields) Object.defineProperty(error, name, field);
  throw error;
}

/** @returns null where there may be no threads, as under Node's permission model. */
function begin(
  src: string | URL,
  dest: string | URL,
  options: CopySyncOptions = {},
): Thread | null {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const plain = (path: string | URL): object | string =>
    typeof path === "string" ? path : { href: path.href };
  const { dereference, errorOnExist, force, mode, preserveTimestamps, recursive } = options;
  const workerData = {
    src: plain(src),
    dest: plain(dest),
    options: given({
      dereference,
      errorOnExist,
      force,
      mode: mode as number | undefined,
      preserveTimestamps,
      recursive,
      verbatimSymlinks: options.verbatimSymlinks,
    }),
  };
  try {
    return new Worker(CODE, { eval: true, execArgv: [], env, workerData });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_ACCESS_DENIED") return null;
    throw error;
  }
}

/** Without what was not given, for which Node has defaults. */
function given(options: Record<string, unknown>): CopySyncOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function untilDone(worker: Thread): Answer {
  const waiter = new Waiter<Answer>("fs.cpSync");
  let answer: Answer | undefined;
  worker.on("message", (told: Answer) => (answer = told));
  worker.on("error", (error) => waiter.fail(error));
  // Then its thread is gone, and has left nothing behind.
  worker.on("exit", (code) => {
    if (answer === undefined) waiter.fail(new Error(`fs.cpSync: its thread ended with ${code}`));
    else waiter.wake(answer);
  });
  try {
    return waiter.wait();
  } catch (error) {
    void worker.terminate();
    throw error;
  }
}
