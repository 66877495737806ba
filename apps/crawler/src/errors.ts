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
  | "proxy"
  | "robots-unreachable"
  | "bad-url"
  | "unsupported-scheme"
  | "interrupted"
  | "handler"
  | "hook"
  | "too-costly"
  | "unexpected";

const BY_NODE_CODE: ReadonlyMap<string, ErrorCode> = new Map([
  ["ECONNREFUSED", "connection-refused"],
  ["ECONNRESET", "connection-reset"],
  ["ECONNABORTED", "connection-reset"],
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
  ["EHOSTDOWN", "unreachable"],
  ["ENETDOWN", "unreachable"],
  ["EACCES", "unreachable"],
  ["EPERM", "unreachable"],
  ["EADDRNOTAVAIL", "unreachable"],
  ["EPROTO", "tls"],
  ["ERR_GREENLIT_TIMEOUT", "timeout"],
  ["UND_ERR_HEADERS_TIMEOUT", "timeout"],
  ["UND_ERR_BODY_TIMEOUT", "timeout"],
  ["UND_ERR_HEADERS_OVERFLOW", "protocol"],
  ["UND_ERR_RES_CONTENT_LENGTH_MISMATCH", "protocol"],
  ["ERR_ASSERTION", "protocol"], // undici, of a status below 100
  ["ERR_GREENLIT_BODY_TOO_LARGE", "body-too-large"],
  ["ERR_GREENLIT_EXIT", "interrupted"],
]);

/** What OpenSSL finds wrong with a certificate (Node's documentation of TLS lists them). */
const CERTIFICATE_ERRORS: ReadonlySet<string> = new Set([
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_CRL",
  "UNABLE_TO_DECRYPT_CERT_SIGNATURE",
  "UNABLE_TO_DECRYPT_CRL_SIGNATURE",
  "UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY",
  "CERT_SIGNATURE_FAILURE",
  "CRL_SIGNATURE_FAILURE",
  "CERT_NOT_YET_VALID",
  "CERT_HAS_EXPIRED",
  "CRL_NOT_YET_VALID",
  "CRL_HAS_EXPIRED",
  "ERROR_IN_CERT_NOT_BEFORE_FIELD",
  "ERROR_IN_CERT_NOT_AFTER_FIELD",
  "ERROR_IN_CRL_LAST_UPDATE_FIELD",
  "ERROR_IN_CRL_NEXT_UPDATE_FIELD",
  "OUT_OF_MEM",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "CERT_CHAIN_TOO_LONG",
  "CERT_REVOKED",
  "INVALID_CA",
  "PATH_LENGTH_EXCEEDED",
  "INVALID_PURPOSE",
  "CERT_UNTRUSTED",
  "CERT_REJECTED",
  "HOSTNAME_MISMATCH",
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
  if (/^ERR_(?:TLS|SSL|OSSL)_/.test(code) || CERTIFICATE_ERRORS.has(code)) return "tls";
  // Whatever is wrong with a name, such as its length.
  if ((error as { syscall?: unknown } | null)?.syscall === "getaddrinfo") return "dns";
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

/** Descriptors, buffers, memory: what this machine has too little of for all that is in flight. */
const SHORTAGES = new Set(["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"]);

/** Whether the fetch failed for lack of something here, which says nothing about the page. */
export function isShortage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (SHORTAGES.has(nodeCode(error)) || isShortage(error.cause)) return true;
  return error instanceof AggregateError && error.errors.some(isShortage);
}

/** A status that asks for a second attempt: overloaded, or broken for the moment. */
export function isPassingStatus(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== 501 && status !== 505);
}

function nodeCode(error: unknown): string {
  const code: unknown = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "";
}

/** OpenSSL's line: an id, codes, and after the name of a function what happened, and where. */
const OPENSSL = /^[0-9A-F]+:error:[^:]*:[^:]*:[^:]*:([^:]+):/;

/** The message of anything thrown, on one line. */
export function errorMessage(error: unknown): string {
  const given = error instanceof Error ? error.message || error.name : String(error);
  const message = OPENSSL.exec(given)?.[1] ?? given;
  return message.replace(/\s+/g, " ").slice(0, 500);
}
