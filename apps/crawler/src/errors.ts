/**
 * A page that could not be had, for a reason the crawler itself found. `code` is one of
 * {@link ErrorCode}.
 */
export class CrawlError extends Error {
  override readonly name = "CrawlError";
  readonly code: ErrorCode;
  /** Another attempt may have more luck. What the crawler itself finds, it would find again. */
  readonly passing: boolean;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions & { passing?: boolean }) {
    super(message, options);
    this.code = code;
    this.passing = options?.passing === true;
  }
}

/** Why a page failed, as it stands in the output and in the summary. */
export type ErrorCode =
  | "connection-refused"
  | "connection-reset"
  | "connect-timeout"
  | "dns"
  | "unreachable"
  | "tls"
  | "timeout"
  | "protocol"
  | "body-too-large"
  | "bad-encoding"
  | "redirect-loop"
  | "too-many-redirects"
  | "bad-redirect"
  | "private-address"
  | "robots-unreachable"
  | "bad-url"
  | "unsupported-scheme"
  | "interrupted"
  | "too-costly"
  | "unexpected";

const BY_NODE_CODE: ReadonlyMap<string, ErrorCode> = new Map([
  ["ECONNREFUSED", "connection-refused"],
  ["ECONNRESET", "connection-reset"],
  ["EPIPE", "connection-reset"],
  ["UND_ERR_SOCKET", "connection-reset"],
  ["UND_ERR_CONNECT_TIMEOUT", "connect-timeout"],
  ["ETIMEDOUT", "connect-timeout"],
  ["ENOTFOUND", "dns"],
  ["EAI_AGAIN", "dns"],
  ["EAI_FAIL", "dns"],
  ["EAI_NODATA", "dns"],
  ["EHOSTUNREACH", "unreachable"],
  ["ENETUNREACH", "unreachable"],
  ["EADDRNOTAVAIL", "unreachable"],
  ["EPROTO", "tls"],
  ["ERR_GREENLIT_TIMEOUT", "timeout"],
  ["UND_ERR_HEADERS_TIMEOUT", "timeout"],
  ["UND_ERR_BODY_TIMEOUT", "timeout"],
  ["UND_ERR_HEADERS_OVERFLOW", "protocol"],
  ["UND_ERR_RES_CONTENT_LENGTH_MISMATCH", "protocol"],
  ["ERR_GREENLIT_BODY_TOO_LARGE", "body-too-large"],
  ["ERR_GREENLIT_EXIT", "interrupted"],
]);

/** Errors that may be gone in a moment. */
const PASSING: ReadonlySet<ErrorCode> = new Set([
  "connection-refused",
  "connection-reset",
  "connect-timeout",
  "dns",
  "unreachable",
  "timeout",
  "protocol",
]);

/**
 * The code of anything a fetch may throw. What is not known by name is `unexpected`, never
 * swallowed.
 */
export function errorCode(error: unknown): ErrorCode {
  if (error instanceof CrawlError) return error.code;
  const code = nodeCode(error);
  const known = BY_NODE_CODE.get(code);
  if (known !== undefined) return known;
  // What the HTTP parser found; undici's error has a code only for some of it.
  if (code.startsWith("HPE_") || (error as Error | null)?.name === "HTTPParserError")
    return "protocol";
  if (code.startsWith("ERR_TLS_") || code.startsWith("ERR_SSL_") || /CERT|SELF_SIGNED/.test(code))
    return "tls";
  // Several addresses of one host were tried and all failed: the first says why.
  if (error instanceof AggregateError && error.errors.length > 0) return errorCode(error.errors[0]);
  return error instanceof Error && error.cause !== undefined
    ? errorCode(error.cause)
    : "unexpected";
}

/** Whether a second attempt is worth it. */
export function isPassing(error: unknown): boolean {
  return error instanceof CrawlError ? error.passing : PASSING.has(errorCode(error));
}

/** A status that asks for a second attempt: overloaded, or broken for the moment. */
export function isPassingStatus(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== 501 && status !== 505);
}

function nodeCode(error: unknown): string {
  const code: unknown = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "";
}

/** The message of anything thrown, on one line. */
export function errorMessage(error: unknown): string {
  const message = error instanceof Error ? error.message || error.name : String(error);
  return message.replace(/\s+/g, " ").slice(0, 500);
}
