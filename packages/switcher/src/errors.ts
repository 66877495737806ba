/** Every error greenlit throws has a `code` that never changes; the text may. */
export class GreenlitError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.name = new.target.name;
  }
}

/**
 * Ends a greenlet without being a failure: a greenlet that lets it pass is done, with the error as its
 * result. Thrown into a greenlet by `kill()`.
 */
export class GreenletExit extends GreenlitError {
  constructor(message = "the greenlet was told to end") {
    super("ERR_GREENLIT_EXIT", message);
  }
}

/** A switch that can never be right, such as a parent that is its own descendant. */
export class InvalidSwitchError extends GreenlitError {
  constructor(message: string) {
    super("ERR_GREENLIT_INVALID_SWITCH", message);
  }
}

/** No driver can suspend a stack in this process; the text names each that was tried, and why not. */
export class UnsupportedPlatformError extends GreenlitError {
  constructor(message: string, options?: ErrorOptions) {
    super("ERR_GREENLIT_UNSUPPORTED_PLATFORM", message, options);
  }
}

/** The system has no memory or address space for one more stack. Nothing has been started or lost. */
export class StackExhaustedError extends GreenlitError {
  constructor(message: string) {
    super("ERR_GREENLIT_STACK_EXHAUSTED", message);
  }
}
