import { getEnvironmentData, setEnvironmentData } from "node:worker_threads";
import { type Binding, loadBinding } from "./binding.js";
import { type DriverName, DRIVERS, SETTINGS, setting } from "./config.js";
import { UnsupportedPlatformError } from "./errors.js";
import { selfTest, type SelfTestStep } from "./self-test.js";

/** A driver that was not taken, and why. */
export interface RefusedDriver {
  readonly driver: DriverName;
  readonly reason: string;
}

/** A driver that has been chosen and has passed its self-test. */
export interface OpenDriver {
  readonly name: DriverName;
  readonly binding: Binding;
  readonly selfTest: readonly SelfTestStep[];
  /** Those that would have been better, and why they cannot run. */
  readonly refused: readonly RefusedDriver[];
  /** Milliseconds that choosing and proving took. */
  readonly openedIn: number;
}

/**
 * Finds the best driver that works here, proves it, and opens it.
 * @param entry runs what is to run on a stack; returns the id of the stack to go on with. Must not throw.
 * @throws UnsupportedPlatformError naming every driver that was tried, and why it cannot run.
 */
export function openDriver(entry: (id: number) => number): OpenDriver {
  const start = performance.now();
  const wanted = setting(SETTINGS.driver);
  const stackSize = setting(SETTINGS.stackSize);
  const sabotage = setting(SETTINGS.sabotage);
  const skipResting = setting(SETTINGS.gcSkip);
  const binding = loadBinding();
  const available = binding.drivers();
  const refused: RefusedDriver[] = [];

  for (const name of wanted === "auto" ? DRIVERS : [wanted]) {
    try {
      const steps = prove(name);
      if (refused.some(({ driver }) => available.includes(driver))) tell(name, refused);
      return { name, binding, selfTest: steps, refused, openedIn: performance.now() - start };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refused.push({ driver: name, reason: error.message });
    }
  }
  throw unsupported(refused);

  function prove(name: DriverName): SelfTestStep[] {
    if (!available.includes(name)) {
      throw new Refusal(`not made for ${process.platform} ${process.arch}`);
    }
    const open = (main: (id: number) => number): void => {
      const { failure } = new binding.Open(name, main, stackSize, sabotage, skipResting);
      if (failure !== undefined) throw new Refusal(`the layout of V8's thread state: ${failure}`);
    };
    const steps = selfTest(binding, open);
    if (sabotage === "self-test" || sabotage === `${name} self-test`) {
      steps.push({ name: "sabotage", ok: false, detail: "as asked" });
    }
    const failed = steps.find((step) => !step.ok);
    if (failed !== undefined) {
      throw new Refusal(`the self-test "${failed.name}" failed: ${failed.detail}`);
    }
    open(entry);
    return steps;
  }
}

/** Why one driver cannot run; the next is tried. */
class Refusal extends Error {}

const TOLD = "greenlit.switcher.fallback-told";

/** Once in a process: workers started later have heard it. */
function tell(name: DriverName, refused: readonly RefusedDriver[]): void {
  if (getEnvironmentData(TOLD) === true) return;
  setEnvironmentData(TOLD, true);
  process.emitWarning(
    `greenlets run with the slower driver ${name}, because a better one cannot run here`,
    { type: "GreenlitWarning", code: "GREENLIT_DRIVER_FALLBACK", detail: list(refused) },
  );
}

function list(refused: readonly RefusedDriver[]): string {
  return refused.map(({ driver, reason }) => `  driver ${driver}: ${reason}`).join("\n");
}

function unsupported(refused: readonly RefusedDriver[]): UnsupportedPlatformError {
  const { platform, arch, version, versions } = process;
  return new UnsupportedPlatformError(
    `greenlit cannot suspend stacks on Node ${version} (V8 ${versions.v8}) on ${platform} ${arch}.\n` +
      `${list(refused)}\n` +
      "`greenlit doctor` shows what was tried. Please report it with that output.",
  );
}
