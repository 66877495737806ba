import type { Command } from "./snapshot.js";

/** As many pages as anybody can have in flight. */
const MOST = 100_000;

/**
 * Reads what the page asks the crawl to do.
 * @returns what is wrong with it, when it is no command
 */
export function parseCommand(text: string): Command | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "not JSON";
  }
  const { action, concurrency, perHost } = (value ?? {}) as Record<string, unknown>;
  if (action === "pause" || action === "resume" || action === "stop") return { action };
  if (action !== "limits") return "the action is pause, resume, stop or limits";
  if (!isLimit(concurrency) || !isLimit(perHost)) {
    return `concurrency and perHost are whole numbers from 1 to ${MOST}`;
  }
  return {
    action,
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(perHost === undefined ? {} : { perHost }),
  };
}

function isLimit(value: unknown): value is number | undefined {
  return (
    value === undefined || (Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MOST)
  );
}
