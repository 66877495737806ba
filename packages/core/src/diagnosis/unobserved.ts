/**
 * Called when Node's loop is idle, with the greenlets that failed and whose error nobody has asked
 * for. What happens then follows Node's convention for unhandled rejections
 * (`--unhandled-rejections`). The errors themselves were reported when they happened.
 */
export function reportUnobserved(unobserved: Set<{ readonly exception: unknown }>): void {
  const mode = unhandledRejections();
  const listeners =
    process.listenerCount("unhandledRejection") + process.listenerCount("uncaughtException");
  for (const greenlet of unobserved) {
    unobserved.delete(greenlet);
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
