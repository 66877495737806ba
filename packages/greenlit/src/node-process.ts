import { spawn } from "node:child_process";
import { constants } from "node:os";

/**
 * Ends of the process that a user or a supervisor asks for; who starts node meant to send them to
 * it.
 */
const FORWARDED = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR2"] as const;

/** What Node has from 22.15 on; not on Windows. */
type Execve = (file: string, args: readonly string[], env: NodeJS.ProcessEnv) => never;

/**
 * Node, with these arguments, in place of this process: the same process where the system and this
 * Node can do that, else a child that has its streams, gets its signals, and whose end becomes its
 * own.
 */
export function becomeNode(args: readonly string[]): void {
  const all = [...process.execArgv, ...args];
  const { execve } = process as { execve?: Execve };
  if (execve !== undefined && process.platform !== "win32") {
    Reflect.apply(execve, process, [process.execPath, [process.argv0, ...all], process.env]);
  }
  const child = spawn(process.execPath, all, { stdio: "inherit", argv0: process.argv0 });
  for (const signal of FORWARDED) {
    process.on(signal, () => {
      // A terminal sends it to both.
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
    // One that does not end this process.
    process.exit(128 + constants.signals[signal]);
  });
}
