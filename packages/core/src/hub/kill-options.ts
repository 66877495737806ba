import { wrongType } from "../errors.js";
import {
  checkIsSignal,
  checkOptions,
  checkTimeout,
  WAIT,
  type WaitOptions,
} from "../wait-options.js";

/** How a greenlet is killed. */
export interface KillOptions extends WaitOptions {
  /** Whether to block until it has ended. Default: true. `timeout` and `signal` limit that wait. */
  readonly block?: boolean | undefined;
  /**
   * Milliseconds that clean-up in `shield` may take; then the error is thrown inside the shield.
   * Absent or null: no limit.
   */
  readonly grace?: number | null | undefined;
}

const OPTIONS = ["block", "grace", ...WAIT];

/**
 * @param form the name of the call, for the right form that errors show.
 * @throws TypeError for bad options, for options where the error belongs, and for a class of
 *   errors. RangeError for a negative or NaN timeout or grace.
 */
export function checkKill(what: string, error: unknown, options: KillOptions, form: string): void {
  checkOptions(what, options, OPTIONS);
  checkTimeout("timeout", options.timeout);
  checkTimeout("grace", options.grace);
  checkIsSignal(options.signal);
  if (isOptions(error)) {
    throw wrongType(
      "error",
      "what is to be thrown",
      error,
      `: write ${form}(${form === "killAll" ? "greenlets, " : ""}undefined, options)`,
    );
  }
  if (typeof error === "function" && error.prototype instanceof Error) {
    throw wrongType(
      "error",
      "an error",
      error,
      `: write ${form}(${form === "killAll" ? "greenlets, " : ""}new ${error.name}())`,
    );
  }
}

function isOptions(error: unknown): boolean {
  if (typeof error !== "object" || error === null) return false;
  if (Object.getPrototypeOf(error) !== Object.prototype) return false;
  const names = Object.keys(error);
  return names.length > 0 && names.every((name) => OPTIONS.includes(name));
}
