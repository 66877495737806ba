import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { DriverName } from "./config.js";
import { UnsupportedPlatformError } from "./errors.js";
import { tellOfMissingBinary } from "./missing-binary.js";

/** What the addon exports; native/binding.cc says what each function does. */
export interface Binding {
  drivers(): DriverName[];
  Open: new (
    driver: DriverName,
    entry: (id: number) => number,
    stackSize: number,
    sabotage: string,
    skipResting: boolean,
  ) => { failure?: string };
  close(): void;
  create(): number | string;
  transfer(id: number): false | undefined;
  finish(id: number): boolean;
  release(id: number): void;
  holds(): number;
  stats(): {
    stacks: number;
    reservedBytes: number;
    trims: number;
    resting: number;
    skipsResting: boolean;
    guard: string;
  };
  collectGarbage(minor: boolean): void;
  startMonitor(milliseconds: number, onBlocked?: (ms: number, stack: string) => void): boolean;
  stopMonitor(): void;
  startSampler(microseconds: number): boolean;
  stopSampler(): {
    nodes: (number | string)[];
    samples: number[];
    deltas: number[];
  };
}

/** Loads the addon. @throws UnsupportedPlatformError when there is no binary for this Node. */
export function loadBinding(): Binding {
  const require = createRequire(import.meta.url);
  const load = require("node-gyp-build") as (folder: string) => Binding;
  const folder = fileURLToPath(new URL("..", import.meta.url));
  try {
    return load(folder);
  } catch (error) {
    const { message } = error as Error; // its class may be of another realm
    if (message.startsWith("greenlit: "))
      throw new UnsupportedPlatformError(message, { cause: error });
    throw new UnsupportedPlatformError(tellOfMissingBinary(folder), { cause: error });
  }
}
