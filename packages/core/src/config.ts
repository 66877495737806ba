import { type Setting, setting } from "@greenlit/switcher";
import { outOfRange, wrongType } from "./errors.js";

/**
 * Ways in which greenlets can wait for descriptors; what each is, the README of packages/backend
 * says. `auto` is the best one of the system.
 */
export const BACKENDS = ["auto", "uv", "select", "poll", "epoll", "uring"] as const;

/** Every setting of the runtime, declared once: its variable, its default, and what it means. */
export const SETTINGS = {
  budget: atLeast0(
    "GREENLIT_BUDGET",
    5,
    "milliseconds that ready greenlets run before I/O, timers and promises get their turn",
  ) as Setting<number>,
  spawnSites: atLeast0(
    "GREENLIT_SPAWN_SITES",
    100, // a stack costs 2 us, three times as much as the greenlet itself
    "how many greenlets of one turn of the hub remember where they were spawned (0 to Infinity)",
  ) as Setting<number>,
  errorSites: trueOrFalse(
    "GREENLIT_ERROR_SITES",
    true,
    "whether the `stack` of an error that ends a greenlet also says who spawned it",
  ) as Setting<boolean>,
  monitorThread: trueOrFalse(
    "GREENLIT_MONITOR_THREAD",
    false,
    "whether a thread watches the hub from the first greenlet on, and tells on stderr what blocks it",
  ) as Setting<boolean>,
  maxBlockingTime: numberWhere(
    "GREENLIT_MAX_BLOCKING_TIME",
    100,
    "milliseconds after which the monitor says that the hub is blocked (10 to 60000)",
    "a number from 10 to 60000",
    (value) => value >= 10 && value <= 60_000,
  ) as Setting<number>,
  grace: atLeast0(
    "GREENLIT_GRACE",
    10_000,
    "milliseconds that clean-up has after the first SIGINT or SIGTERM under `greenlit run`",
  ) as Setting<number>,
  backend: oneOf(
    "GREENLIT_BACKEND",
    BACKENDS,
    "how greenlets wait for sockets: uv, select, poll, epoll, uring, or auto, the best there is; " +
      "read when the first socket is made",
  ) as Setting<(typeof BACKENDS)[number]>,
  backendCheck: trueOrFalse(
    "GREENLIT_BACKEND_CHECK",
    false,
    "whether every call of a descriptor is checked: that it is still the one that was registered, " +
      "and that the backend keeps its contract; read when the first socket is made",
  ) as Setting<boolean>,
  filesAtOnce: trueOrFalse(
    "GREENLIT_FILES_AT_ONCE",
    true,
    "whether calls of files stay on the thread when the kernel has in memory what they ask for, or " +
      "when such calls were quick lately; otherwise each of them lets other greenlets run",
  ) as Setting<boolean>,
  handOver: atLeast0(
    "GREENLIT_HAND_OVER",
    // Where very many greenlets are soon over, what V8 has optimized until then it has to do again:
    // that takes longer than what handing over saves.
    1000,
    "after how many turns given by the hub greenlets hand over to each other; it takes a " +
      "millisecond to find out how (0 to Infinity, which is never)",
  ) as Setting<number>,
};

function numberWhere(
  env: string,
  fallback: number,
  meaning: string,
  must: string,
  isValid: (value: number) => boolean,
): Setting<number> {
  const parse = (text: string): number => {
    // Number() takes white space for 0.
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (!isValid(value)) throw outOfRange(env, must, text);
    return value;
  };
  return { env, fallback, meaning, parse };
}

function atLeast0(env: string, fallback: number, meaning: string): Setting<number> {
  return numberWhere(env, fallback, meaning, "a number, 0 or more", (value) => value >= 0);
}

function trueOrFalse(env: string, fallback: boolean, meaning: string): Setting<boolean> {
  const parse = (text: string): boolean => {
    if (text !== "true" && text !== "false") throw outOfRange(env, "true or false", text);
    return text === "true";
  };
  return { env, fallback, meaning, parse };
}

/** The first one is the default. */
function oneOf<Value extends string>(
  env: string,
  values: readonly [Value, ...Value[]],
  meaning: string,
): Setting<string> {
  const parse = (text: string): Value => {
    const value = values.find((one) => one === text);
    if (value === undefined) throw outOfRange(env, `one of ${values.join(", ")}`, text);
    return value;
  };
  return { env, fallback: values[0], meaning, parse };
}

/** Adds a setting with what the environment says; another value may be put in its place. */
function define(config: object, name: string, one: Setting<unknown>): void {
  const { env, fallback, parse } = one;
  let value = setting(one);
  Object.defineProperty(config, name, {
    get: () => value,
    set(next: unknown) {
      const kind = typeof fallback;
      if (typeof next !== kind) throw wrongType(`config.${name}`, `a ${kind}`, next, ` (${env})`);
      value = parse(String(next));
    },
    enumerable: true,
    configurable: true,
  });
}

/** The value of each setting. */
export type Config = {
  -readonly [Name in keyof typeof SETTINGS]: (typeof SETTINGS)[Name] extends Setting<infer Value>
    ? Value
    : never;
};

/**
 * The settings of this process. May be changed at any time.
 * @throws TypeError, or RangeError, when one is given another value than its variable takes.
 */
export const config: Config = {} as Config;
for (const [name, one] of Object.entries(SETTINGS)) define(config, name, one as Setting<unknown>);
