import childProcess, { type ForkOptions } from "node:child_process";
import { realpathSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import workerThreads, { type WorkerOptions } from "node:worker_threads";

/** `greenlit/register`. */
const REGISTER = fileURLToPath(new URL("register.js", import.meta.url));

/**
 * How Node is told that greenlit runs the program. Not `--import`, of which Workers that get their
 * program as text know nothing, and with which CommonJS is loaded by the loader of ES modules.
 */
export const PRELOAD: readonly string[] = ["--require", REGISTER];

/**
 * What this program starts as itself again, by `child_process.fork`, `cluster` or `Worker`,
 * greenlit runs too. Other processes it does not: they are what they are given to be.
 * @param preloaded Node was told to load greenlit before this program, so Workers inherit that.
 */
export function greenChildren(preloaded: boolean): void {
  const { fork } = childProcess;
  const { Worker } = workerThreads;
  childProcess.fork = named(
    "fork",
    function (module: string, args: unknown = [], options?: unknown) {
      return Array.isArray(args) || args === null
        ? Reflect.apply(fork, childProcess, [module, args, forkOptions(options)])
        : Reflect.apply(fork, childProcess, [module, forkOptions(args)]);
    },
  ) as typeof fork;

  const green = named("Worker", function (file: string | URL, options?: WorkerOptions): object {
    const start = (given?: WorkerOptions): object =>
      Reflect.construct(Worker, [file, given], new.target ?? Worker) as object;
    if (options?.execArgv !== undefined) {
      const { execArgv } = options;
      return start(
        Array.isArray(execArgv) ? { ...options, execArgv: [...PRELOAD, ...execArgv] } : options,
      );
    }
    // Node imports nothing before a program that is text.
    if (preloaded && options?.eval !== true) return start(options);
    try {
      return start({ ...options, execArgv: [...PRELOAD, ...process.execArgv] });
    } catch (error) {
      // Flags that are for whole processes are inherited, but cannot be given.
      if ((error as { code?: unknown }).code !== "ERR_WORKER_INVALID_EXEC_ARGV") throw error;
      const { message } = error as Error;
      const allowed = process.execArgv.filter((flag) => !message.includes(flag));
      return start({ ...options, execArgv: [...PRELOAD, ...allowed] });
    }
  });
  Object.setPrototypeOf(green, Worker);
  Object.defineProperty(green, "prototype", { value: Worker.prototype });
  workerThreads.Worker = green as unknown as typeof Worker;
  syncBuiltinESMExports();
}

function named<F extends (...args: never[]) => unknown>(name: string, fn: F): F {
  return Object.defineProperty(fn, "name", { value: name });
}

/** What Node refuses stays what it is, and so does what starts another program than this Node. */
function forkOptions(options: unknown): unknown {
  if (options !== undefined && (typeof options !== "object" || options === null)) return options;
  if (Array.isArray(options)) return options;
  const { execPath = process.execPath, execArgv = process.execArgv } = (options ??
    {}) as ForkOptions;
  if (execPath !== process.execPath || !Array.isArray(execArgv)) return options;
  return { ...options, execArgv: [...PRELOAD, ...execArgv] };
}

/** Takes greenlit out of `process.execArgv`: the program finds there what it finds without it. */
export function hidePreload(): void {
  const { execArgv } = process;
  for (let i = execArgv.length - 1; i >= 0; i--) {
    const flag = /^(?:-r|--require|--import)(?:=(.*))?$/s.exec(execArgv[i] as string);
    if (flag !== null && isRegister(flag[1] ?? execArgv[i + 1] ?? "")) {
      execArgv.splice(i, flag[1] === undefined ? 2 : 1);
    }
  }
}

function isRegister(specifier: string): boolean {
  if (specifier === "greenlit/register") return true;
  if (!/^(\.|\/|file:)/.test(specifier)) return false;
  try {
    const file = specifier.startsWith("file:") ? fileURLToPath(specifier) : resolve(specifier);
    return realpathSync(file) === REGISTER;
  } catch {
    return false;
  }
}
