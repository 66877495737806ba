export {
  GreenletExit,
  GreenlitError,
  InvalidSwitchError,
  isGreenletExit,
  StackExhaustedError,
  UnsupportedPlatformError,
} from "./errors.js";
export {
  current,
  gettrace,
  holds,
  open,
  RawGreenlet,
  report,
  root,
  settrace,
  trim,
  whyNotLeave,
  type SwitcherReport,
  type Trace,
} from "./raw-greenlet.js";
export { startMonitor } from "./monitor.js";
export { type CpuProfile, startSampler } from "./sampler.js";
export type { RefusedDriver, SelfTestStep } from "./proof.js";
export { isNewer, PROVED, type Standing, standingOf } from "./proved.js";
export { type DriverName, DRIVERS, SETTINGS, type Setting, setting } from "./config.js";
