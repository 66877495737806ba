import { getEnvironmentData, setEnvironmentData } from "node:worker_threads";
import { type Binding, loadBinding } from "./binding.js";
import { type DriverName, DRIVERS, SETTINGS, setting } from "./config.js";
import { docsOf, InvalidSwitchError, UnsupportedPlatformError } from "./errors.js";
import { whyHeld } from "./holds.js";
import type { RefusedDriver, SelfTestStep } from "./proof.js";
import { selfTest } from "./self-test.js";

/** A driver that has been chosen and has passed its self-test. */
export interface OpenDriver {
  readonly name: DriverName;
  readonly binding: Binding;
  readonly selfTest: readonly SelfTestStep[];
  /** The better drivers, and why they cannot run here. */
  readonly refused: readonly RefusedDriver[];
  /** Milliseconds that choosing and proving took. */
  readonly openedIn: number;
}

/**
 * Finds the best driver that works here, proves it, and opens it.
 * @param entry is called on each stack that starts. It returns the id of the stack that goes on
 *   next. It must not throw.
 * @throws UnsupportedPlatformError naming every driver that was tried, and why it cannot run.
 * @throws InvalidSwitchError when the running stack cannot be left, so that nothing can be proved.
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
      if (refused.some(({ driver }) => available.includes(driver))) warnOnce(name, refused);
      return { name, binding, selfTest: steps, refused, openedIn: performance.now() - start };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refused.push({ driver: name, reason: error.message, selfTest: error.steps });
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
      const why = whyHeld(binding.holds());
      if (why === "") return;
      binding.close();
      throw new InvalidSwitchError(
        "the first greenlet of a thread cannot be made on this stack: " +
          `${why}. Or call open() before`,
      );
    };
    const steps = selfTest(binding, open);
    if (sabotage === "self-test" || sabotage === `${name} self-test`) {
      steps.push({ name: "sabotage", ok: false, detail: "as asked" });
    }
    const failed = steps.find((step) => !step.ok);
    if (failed !== undefined) {
      throw new Refusal(`the self-test "${failed.name}" failed: ${failed.detail}`, steps);
    }
    open(entry);
    return steps;
  }
}

/** Why one driver cannot run; the next is tried. */
class Refusal extends Error {
  readonly steps: readonly SelfTestStep[];

  constructor(reason: string, steps: readonly SelfTestStep[] = []) {
    super(reason);
    this.steps = steps;
  }
}

const WARNED = "greenlit.switcher.fallback-told";

/** Warns once in a process: workers that start later inherit the mark. */
function warnOnce(name: DriverName, refused: readonly RefusedDriver[]): void {
  if (getEnvironmentData(WARNED) === true) return;
  setEnvironmentData(WARNED, true);
  process.emitWarning(
    `greenlets run with the slower driver ${name}, because a better one cannot run here`,
    {
      type: "GreenlitWarning",
      code: "GREENLIT_DRIVER_FALLBACK",
      detail: `${list(refused)}\n  see ${docsOf("GREENLIT_DRIVER_FALLBACK")}`,
    },
  );
}

function list(refused: readonly RefusedDriver[]): string {
  return refused.map(({ driver, reason }) => `  driver ${driver}: ${reason}`).join("\n");
}

function unsupported(refused: readonly RefusedDriver[]): UnsupportedPlatformError {
  const { platform, arch, version, versions } = process;
  return new UnsupportedPlatformError(
    `greenlit cannot suspend stacks on Node ${version} (V8 ${versions.v8}) ` +
      `on ${platform} ${arch}.\n${list(refused)}\n` +
      "`greenlit doctor` shows what was tried. Please report it with that output.",
    undefined,
    refused,
  );
}
