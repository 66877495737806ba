import { checkTimeout, outOfRange } from "@greenlit/core/blocking-call";

/** What clients may do, and how long they may take for it. Times in milliseconds. */
export interface LimitOptions {
  /** Request line and headers together, in bytes. More: 414 or 431. Default: 16384. */
  readonly maxHeadSize?: number | undefined;
  /** More: 431. Default: 200. */
  readonly maxHeaders?: number | undefined;
  /** The body of a request, in bytes. More: 413. Default: 1 GiB. */
  readonly maxBodySize?: number | undefined;
  /** After so many requests a connection is closed. Default: Infinity. */
  readonly maxRequestsPerConnection?: number | undefined;
  /** More wait in the queue of the kernel. Default: Infinity. */
  readonly maxConnections?: number | undefined;
  /** From the first byte of a request to the end of its headers. Then 408. Default: 30000. */
  readonly headTimeout?: number | null | undefined;
  /** From the end of the headers to the end of the body. Then 408. Default: 300000. */
  readonly requestTimeout?: number | null | undefined;
  /** Between two requests of a connection. Then it is closed. Default: 60000. */
  readonly idleTimeout?: number | null | undefined;
  /**
   * For the client to take a part of the response: the head, a piece of the body, a mebibyte of it.
   * Then the connection is closed. Default: 60000.
   */
  readonly sendTimeout?: number | null | undefined;
}

/** The same, complete; Infinity for no limit. */
export type ServerLimits = { readonly [Name in keyof LimitOptions]-?: number };

const DEFAULTS: ServerLimits = {
  maxHeadSize: 16 * 1024,
  maxHeaders: 200,
  maxBodySize: 1024 ** 3,
  maxRequestsPerConnection: Infinity,
  maxConnections: Infinity,
  headTimeout: 30_000,
  requestTimeout: 300_000,
  idleTimeout: 60_000,
  sendTimeout: 60_000,
};

/** The names of the options. */
export const LIMITS: readonly string[] = Object.keys(DEFAULTS);

/** @throws RangeError, TypeError for what is no number, or no time. */
export function limitsOf(options: LimitOptions): ServerLimits {
  const limits: Record<string, number> = { ...DEFAULTS };
  for (const [name, value] of Object.entries(options)) {
    if (!LIMITS.includes(name) || value === undefined) continue;
    if (name.endsWith("Timeout")) {
      checkTimeout(name, value as number | null);
      limits[name] = (value as number | null) ?? Infinity;
    } else {
      if (typeof value !== "number" || !(value >= 1 || (name === "maxBodySize" && value >= 0))) {
        throw outOfRange(name, "a number, 1 or more", value);
      }
      limits[name] = value;
    }
  }
  return limits as ServerLimits;
}
