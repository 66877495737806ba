import { GreenlitError } from "@greenlit/core";
import { placeHere } from "@greenlit/core/blocking-call";

/** The socket or listener was closed by this side, perhaps while the call was waiting. */
export class SocketClosedError extends GreenlitError {
  static readonly code = "ERR_GREENLIT_SOCKET_CLOSED";
  declare readonly code: typeof SocketClosedError.code;

  constructor(message = "the socket is closed") {
    super(SocketClosedError.code, message);
  }
}

/** The peer ended the stream before all that was asked for had come. `partial` is what did come. */
export class UnexpectedEndError extends GreenlitError {
  static readonly code = "ERR_GREENLIT_UNEXPECTED_END";
  declare readonly code: typeof UnexpectedEndError.code;
  readonly partial: Buffer;

  constructor(partial: Buffer, wanted: string) {
    super(
      UnexpectedEndError.code,
      `the stream ended after ${partial.length} bytes, before ${wanted}`,
    );
    this.partial = partial;
  }
}

/** A peer sent more than the caller allowed before the delimiter. What was read stays readable. */
export class LimitExceededError extends GreenlitError {
  static readonly code = "ERR_GREENLIT_LIMIT_EXCEEDED";
  declare readonly code: typeof LimitExceededError.code;
  /** In bytes. */
  readonly limit: number;

  constructor(limit: number, what: string) {
    super(
      LimitExceededError.code,
      `no ${what} within ${limit} bytes: raise { limit } if this is wanted`,
    );
    this.limit = limit;
  }
}

/** A body is larger than the caller allowed. The exchange was aborted. */
export class BodyTooLargeError extends GreenlitError {
  static readonly code = "ERR_GREENLIT_BODY_TOO_LARGE";
  declare readonly code: typeof BodyTooLargeError.code;
  /** In bytes. */
  readonly limit: number;

  constructor(limit: number) {
    super(
      BodyTooLargeError.code,
      `the body is larger than ${limit} bytes: raise { limit }, or read it in pieces with read()`,
    );
    this.limit = limit;
  }
}

/**
 * Gives an error born in a callback the stack of the blocking call it is thrown from. Its own leads
 * to Node's event loop, if anywhere.
 */
export function thrownHere(error: unknown): unknown {
  try {
    if (error instanceof Error) placeHere(error);
  } catch {
    // It keeps the stack it has: it is frozen, or a proxy whose traps throw.
  }
  return error;
}
