import { GreenlitError } from "@greenlit/core";

/**
 * The client closed the connection before it had the whole response. It is the reason of
 * `request.signal`, and what reading the rest of a body throws.
 */
export class ClientGoneError extends GreenlitError {
  static readonly code = "ERR_GREENLIT_CLIENT_GONE";
  declare readonly code: typeof ClientGoneError.code;

  constructor() {
    super(ClientGoneError.code, "the client has closed the connection");
  }
}
