import type { DriverName } from "./config.js";

/** One thing the self-test did, in words for people. */
export interface SelfTestStep {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** A driver that was not chosen, and why. */
export interface RefusedDriver {
  readonly driver: DriverName;
  readonly reason: string;
  /** What the self-test did with it; empty when it could not be opened. */
  readonly selfTest: readonly SelfTestStep[];
}
