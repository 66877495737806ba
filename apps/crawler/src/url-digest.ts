import { createHash } from "node:crypto";

/**
 * Of a URL: 16 bytes, however long it is. That two of ten billion have the same is less likely than
 * one in a billion billions.
 */
export function digestOf(url: string): Buffer {
  return createHash("sha256").update(url).digest().subarray(0, 16);
}
