export {
  GreenletExit,
  GreenlitError,
  InvalidSwitchError,
  StackExhaustedError,
  UnsupportedPlatformError,
} from "./errors.js";
export {
  current,
  gettrace,
  microtasks,
  open,
  RawGreenlet,
  report,
  root,
  settrace,
  trim,
  type SwitcherReport,
  type Trace,
} from "./raw-greenlet.js";
export { startMonitor } from "./monitor.js";
export { type CpuProfile, startSampler } from "./sampler.js";
export type { RefusedDriver } from "./driver.js";
export type { SelfTestStep } from "./self-test.js";
export { type DriverName, DRIVERS, SETTINGS, type Setting, setting } from "./config.js";
