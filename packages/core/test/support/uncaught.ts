/**
 * Runs `fn` with the errors that become uncaught meanwhile, in an array that grows; nobody else
 * hears of them.
 */
export async function withUncaught(fn: (caught: unknown[]) => Promise<void>): Promise<void> {
  const listeners = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  const caught: unknown[] = [];
  process.on("uncaughtException", (error) => caught.push(error));
  try {
    await fn(caught);
  } finally {
    process.removeAllListeners("uncaughtException");
    for (const listener of listeners) process.on("uncaughtException", listener);
  }
}
