// What the tests share. Importing this makes every test of the file fail that leaves a greenlet behind.
import { afterEach, expect } from "vitest";
import { getHub, run } from "../../src/index.js";

afterEach(async () => {
  await turns(3); // links and last steps of greenlets that were just killed
  expect(
    getHub()
      .greenlets()
      .map((greenlet) => greenlet.name),
  ).toEqual([]);
  expect(getHub().current).toBe(null);
});

/** A test whose body is a greenlet. */
export function green(body: () => void): () => Promise<void> {
  return () => run(body);
}

/** In callback land: lets the loop go round. */
export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** What `fn` throws; an error of its own when it throws nothing. */
export function thrownBy(fn: () => unknown): unknown {
  try {
    fn();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

/** Calls `fn` with `onError` of the hub replaced, and returns what was reported meanwhile. */
export async function reports(fn: () => Promise<void>): Promise<[name: string, error: unknown][]> {
  const hub = getHub();
  const { onError } = hub;
  const seen: [string, unknown][] = [];
  hub.onError = (greenlet, error) => seen.push([greenlet.name, error]);
  try {
    await fn();
    await turns(2);
  } finally {
    hub.onError = onError;
    hub.unobserved.clear();
  }
  return seen;
}
