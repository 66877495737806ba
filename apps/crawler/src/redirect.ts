import { isUtf8 } from "node:buffer";
import type { Head } from "./client.js";
import { CrawlError } from "./errors.js";
import { parseUrl } from "./url.js";

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * Where a response redirects to, or null when it does not. Of several Location headers the first
 * counts.
 *
 * @throws CrawlError `bad-redirect` when that is no page
 */
export function redirectTarget(head: Pick<Head, "status" | "headers">, url: URL): URL | null {
  const [location = ""] = head.headers("location");
  if (!REDIRECTS.has(head.status) || location.trim() === "") return null;
  const target = parseUrl(readReference(location), url);
  if (target.url !== null) return target.url;
  throw new CrawlError("bad-redirect", `redirects to ${location.slice(0, 200)} (${target.reason})`);
}

// eslint-disable-next-line no-control-regex -- that is what is looked for
const FOREIGN = /[^\x00-\x7F]/g;

/**
 * A reference in a header. What is not ASCII there is read as UTF-8 where it is that, as browsers
 * do; other bytes are escaped as they are.
 *
 * @param value bytes, as latin-1
 */
export function readReference(value: string): string {
  if (!/[^\x20-\x7E]/.test(value)) return value;
  const bytes = Buffer.from(value, "latin1");
  if (isUtf8(bytes)) return bytes.toString("utf8");
  return value.replace(FOREIGN, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);
}
