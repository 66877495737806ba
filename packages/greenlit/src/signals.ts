import { constants } from "node:os";
import { config, formatDump, getHub, GreenletExit, killAll } from "@greenlit/core";

/** What Node's timers can count. */
const LONGEST = 2 ** 31 - 1;

/** Only to tell them from the program's own. */
const ours = new WeakSet<object>();

/**
 * How a program that `greenlit run` started hears signals, where it has no handlers of its own:
 * SIGINT and SIGTERM kill all greenlets, so that their `finally` blocks run; the process ends when they
 * have ended, or `config.grace` milliseconds later, or at once on a second signal, with the exit code of one that the
 * signal ended (128 + its number). SIGUSR2 prints every greenlet, with its stack, on stderr.
 */
export function handleSignals(): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    const stop = (): void => {
      const code = 128 + constants.signals[signal];
      if (process.listeners(signal).some((listener) => !ours.has(listener))) return;
      if (stopping) process.exit(code);
      stopping = true;
      endGreenlets(signal, code);
    };
    ours.add(stop);
    process.on(signal, stop);
  }
  if (process.platform !== "win32") {
    process.on("SIGUSR2", () => process.stderr.write(`${formatDump()}\n`));
  }
}

let stopping = false;

function endGreenlets(signal: string, code: number): void {
  const hub = getHub();
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
    process.stderr.write(
      `greenlit: ${count(hub.greenlets().length)} did not end within ${grace / 1000} s\n${formatDump()}\n`,
    );
    process.exit(code);
  }, grace).unref();
}

function count(greenlets: number): string {
  return `${greenlets} greenlet${greenlets === 1 ? "" : "s"}`;
}
