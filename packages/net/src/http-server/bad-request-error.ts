import { GreenlitError } from "@greenlit/core";

/**
 * The client sent what is no HTTP, or more than is allowed, or sent it too slowly. The server
 * answers with `status` itself; a handler sees this only when it reads a body that turns out so.
 */
export class BadRequestError extends GreenlitError {
  static readonly code = "ERR_GREENLIT_BAD_REQUEST";
  declare readonly code: typeof BadRequestError.code;
  /** The status of HTTP that says so, as 400, 408 or 431. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(BadRequestError.code, message);
    this.status = status;
  }
}
