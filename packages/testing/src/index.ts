export { fakeClock, FakeClock, type FakeClockOptions, withFakeClock } from "./fake-clock.js";
export { green } from "./green.js";
export {
  installLeakCheck,
  leakCheck,
  type LeakCheckHooks,
  type LeakCheckOptions,
  LeakError,
} from "./leak-check.js";
export { reports } from "./reports.js";
export { thrownBy } from "./thrown-by.js";
export { turns } from "./turns.js";
