/**
 * What a page in flight is doing, in the order of a visit: waiting for its host's robots.txt, or
 * for a place at the host that it was redirected to; its request is on its way; it receives; it is
 * parsed; the handler has it.
 *
 * `headers` is told from `connecting` only while somebody watches requests (`watchRequests`).
 */
export const PHASES = [
  "robots",
  "waiting",
  "connecting",
  "headers",
  "body",
  "parsing",
  "handling",
] as const;

export type Phase = (typeof PHASES)[number];
