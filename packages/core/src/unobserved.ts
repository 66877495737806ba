import type { Hub } from "./hub.js";

/**
 * The loop is idle, and greenlets have failed whose end nobody has asked for: Node's convention for
 * unhandled rejections decides what comes of it (`--unhandled-rejections`). The errors themselves have
 * been reported when they happened.
 */
export function reportUnobserved(hub: Hub): void {
  const mode = unhandledRejections();
  const listeners =
    process.listenerCount("unhandledRejection") + process.listenerCount("uncaughtException");
  for (const greenlet of hub.unobserved) {
    hub.unobserved.delete(greenlet);
    if (listeners > 0 || mode === "warn") void Promise.reject(greenlet.exception);
    else if (mode !== "none") process.exitCode ||= 1;
  }
}

/** The mode this process was started with; Node's default is "throw". */
function unhandledRejections(): string {
  const words = [...(process.env["NODE_OPTIONS"] ?? "").split(/\s+/), ...process.execArgv];
  let mode = "throw";
  words.forEach((word, i) => {
    if (word === "--unhandled-rejections") mode = words[i + 1] ?? mode;
    else if (word.startsWith("--unhandled-rejections=")) mode = word.slice(word.indexOf("=") + 1);
  });
  return mode;
}
