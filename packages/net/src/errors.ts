import { GreenlitError } from "@greenlit/core";

/** The socket or listener was closed by this side, perhaps while the call was waiting. */
export class SocketClosedError extends GreenlitError {
  constructor(message = "The socket is closed") {
    super("ERR_GREENLIT_SOCKET_CLOSED", message);
  }
}

/** The peer ended the stream before all that was asked for had arrived. `partial` is what did arrive. */
export class UnexpectedEndError extends GreenlitError {
  readonly partial: Buffer;

  constructor(partial: Buffer, wanted: string) {
    super(
      "ERR_GREENLIT_UNEXPECTED_END",
      `The stream ended after ${partial.length} bytes, before ${wanted}`,
    );
    this.partial = partial;
  }
}

/** A peer sent more than the caller allowed before the delimiter. What was read stays readable. */
export class LimitExceededError extends GreenlitError {
  /** In bytes. */
  readonly limit: number;

  constructor(limit: number, what: string) {
    super(
      "ERR_GREENLIT_LIMIT_EXCEEDED",
      `No ${what} within ${limit} bytes: raise { limit } if this is wanted`,
    );
    this.limit = limit;
  }
}

/** A body is larger than the caller allowed. The exchange was aborted. */
export class BodyTooLargeError extends GreenlitError {
  /** In bytes. */
  readonly limit: number;

  constructor(limit: number) {
    super(
      "ERR_GREENLIT_BODY_TOO_LARGE",
      `The body is larger than ${limit} bytes: raise { limit }, or read it in pieces with read()`,
    );
    this.limit = limit;
  }
}

/**
 * Gives an error born in a callback the stack of the blocking call it is thrown from: its own leads to Node's event loop,
 * if anywhere.
 */
export function thrownHere(error: unknown): unknown {
  if (error instanceof Error && Object.isExtensible(error))
    Error.captureStackTrace(error, thrownHere);
  return error;
}
