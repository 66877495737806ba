import { type Setting, setting } from "@greenlit/switcher";
import { outOfRange } from "./errors.js";

/** Every setting of the runtime, declared once. */
export const SETTINGS: {
  readonly budget: Setting<number>;
  readonly spawnSites: Setting<number>;
  readonly errorSites: Setting<boolean>;
  readonly monitorThread: Setting<boolean>;
  readonly maxBlockingTime: Setting<number>;
  readonly grace: Setting<number>;
  readonly handOver: Setting<number>;
} = {
  budget: {
    env: "GREENLIT_BUDGET",
    fallback: 5,
    meaning: "milliseconds that ready greenlets run before I/O, timers and promises get their turn",
    parse: (text) => atLeast0("GREENLIT_BUDGET", text),
  },
  spawnSites: {
    env: "GREENLIT_SPAWN_SITES",
    // A stack costs 2 us, three times as much as the greenlet itself.
    fallback: 100,
    meaning:
      "how many greenlets of one turn of the hub remember where they were spawned (0 to Infinity)",
    parse: (text) => atLeast0("GREENLIT_SPAWN_SITES", text),
  },
  errorSites: {
    env: "GREENLIT_ERROR_SITES",
    fallback: true,
    meaning: "whether the `stack` of an error that ends a greenlet also says who spawned it",
    parse: (text) => trueOrFalse("GREENLIT_ERROR_SITES", text),
  },
  monitorThread: {
    env: "GREENLIT_MONITOR_THREAD",
    fallback: false,
    meaning: "whether a thread watches the hub from the start, and tells on stderr what blocks it",
    parse: (text) => trueOrFalse("GREENLIT_MONITOR_THREAD", text),
  },
  maxBlockingTime: {
    env: "GREENLIT_MAX_BLOCKING_TIME",
    fallback: 100,
    meaning: "milliseconds after which the monitor says that the hub is blocked (10 to 60000)",
    parse: (text) => {
      const value = Number(text);
      if (value >= 10 && value <= 60_000) return value;
      throw outOfRange("GREENLIT_MAX_BLOCKING_TIME", "a number from 10 to 60000", text);
    },
  },
  grace: {
    env: "GREENLIT_GRACE",
    fallback: 10_000,
    meaning:
      "milliseconds that clean-up has after the first SIGINT or SIGTERM under `greenlit run`",
    parse: (text) => atLeast0("GREENLIT_GRACE", text),
  },
  handOver: {
    env: "GREENLIT_HAND_OVER",
    // They take longer than what it costs, and are soon over where there are very many greenlets: what V8 has optimized
    // until then, it has to do again.
    fallback: 1000,
    meaning:
      "after how many turns given by the hub greenlets hand over to each other; it takes a millisecond to find out how " +
      "(0 to Infinity, which is never)",
    parse: (text) => atLeast0("GREENLIT_HAND_OVER", text),
  },
};

function atLeast0(name: string, text: string): number {
  const value = Number(text);
  if (!(value >= 0)) throw outOfRange(name, "a number, 0 or more", text);
  return value;
}

function trueOrFalse(name: string, text: string): boolean {
  if (text !== "true" && text !== "false") throw outOfRange(name, "true or false", text);
  return text === "true";
}

/** The settings of this process. May be changed at any time. */
export const config: {
  budget: number;
  spawnSites: number;
  errorSites: boolean;
  readonly monitorThread: boolean;
  maxBlockingTime: number;
  grace: number;
  handOver: number;
} = {
  budget: setting(SETTINGS.budget),
  spawnSites: setting(SETTINGS.spawnSites),
  errorSites: setting(SETTINGS.errorSites),
  monitorThread: setting(SETTINGS.monitorThread),
  maxBlockingTime: setting(SETTINGS.maxBlockingTime),
  grace: setting(SETTINGS.grace),
  handOver: setting(SETTINGS.handOver),
};
