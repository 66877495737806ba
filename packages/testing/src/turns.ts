// The real one: a test may replace the global.
const { setImmediate } = globalThis;

/** In asynchronous code: lets Node's loop go round `count` times. */
export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}
