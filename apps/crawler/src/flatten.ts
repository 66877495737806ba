/**
 * A copy that shares no memory with the page. What the parser returns are slices of the page's
 * text, and V8 keeps the whole page alive for as long as one of its slices is: a frontier of short
 * strings would hold gigabytes.
 */
export function flatten(text: string): string {
  return Buffer.from(text, "utf8").toString("utf8");
}
