/** Ways of suspending stacks, best first; what each is, is in the README. */
export const DRIVERS = ["direct", "locker", "thread"] as const;
export type DriverName = (typeof DRIVERS)[number];

/** A setting: where it comes from, what it is when nobody says, and what it means. */
export interface Setting<T> {
  readonly env: string;
  readonly fallback: T;
  readonly meaning: string;
  parse(text: string): T;
}

/** Every setting of the switcher, declared once. Read when the switcher is first used. */
export const SETTINGS: {
  readonly driver: Setting<DriverName | "auto">;
  readonly stackSize: Setting<number>;
  readonly gcSkip: Setting<boolean>;
  readonly sabotage: Setting<string>;
} = {
  driver: {
    env: "GREENLIT_SWITCHER",
    fallback: "auto",
    meaning:
      "which driver suspends stacks: direct, locker, thread, or auto: the first of these that proves to work",
    parse(text) {
      const name = (["auto", ...DRIVERS] as const).find((known) => known === text);
      if (name === undefined) {
        throw new RangeError(
          `GREENLIT_SWITCHER must be auto, ${DRIVERS.join(", ")}, not "${text}"`,
        );
      }
      return name;
    },
  },
  stackSize: {
    env: "GREENLIT_STACK_SIZE",
    fallback: 1024 * 1024,
    meaning:
      "bytes of stack that JavaScript may use in one greenlet (address space; memory when used)",
    parse(text) {
      const size = Number(text);
      if (!Number.isInteger(size) || size < 128 * 1024 || size > 1024 * 1024 * 1024) {
        throw new RangeError(
          `GREENLIT_STACK_SIZE must be a whole number of bytes from 131072 to 1073741824, not "${text}"`,
        );
      }
      return size;
    },
  },
  gcSkip: {
    env: "GREENLIT_GC_SKIP",
    fallback: true,
    meaning:
      "1: scavenges do not visit greenlets that have not run since the last three; 0: they visit all",
    parse(text) {
      if (text !== "0" && text !== "1") {
        throw new RangeError(`GREENLIT_GC_SKIP must be "0" or "1", not "${text}"`);
      }
      return text === "1";
    },
  },
  sabotage: {
    env: "GREENLIT_SWITCHER_SABOTAGE",
    fallback: "",
    meaning:
      "for tests: the step of the layout's discovery that is made to fail, `self-test`, or `<driver> self-test`",
    parse: (text) => text,
  },
};

/** The value of a setting in this process. @throws RangeError when the environment holds nonsense. */
export function setting<T>({ env, fallback, parse }: Setting<T>): T {
  const text = process.env[env];
  return text === undefined || text === "" ? fallback : parse(text);
}
