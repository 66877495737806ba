/** Ways of suspending stacks, best first; the README says what each is. */
export const DRIVERS = ["direct", "locker", "thread"] as const;
export type DriverName = (typeof DRIVERS)[number];

/** A setting: the variable it comes from, its default, and what it means. */
export interface Setting<T> {
  readonly env: string;
  readonly fallback: T;
  readonly meaning: string;
  /** @throws RangeError naming the variable, when the text stands for no value. */
  parse(text: string): T;
}

const SMALLEST_STACK = 128 * 1024;
const LARGEST_STACK = 1024 * 1024 * 1024;

/** Every setting of the switcher, declared once. Read when the switcher is first used. */
export const SETTINGS = {
  driver: {
    env: "GREENLIT_SWITCHER",
    fallback: "auto",
    meaning: "which driver suspends stacks: direct, locker, thread, or auto: the first that works",
    parse(text: string): DriverName | "auto" {
      const name = (["auto", ...DRIVERS] as const).find((known) => known === text);
      return name ?? refuse(SETTINGS.driver, `auto, ${DRIVERS.join(", ")}`, text);
    },
  },
  stackSize: {
    env: "GREENLIT_STACK_SIZE",
    fallback: 1_048_576,
    meaning: "bytes of stack for JavaScript in one greenlet (address space; memory when used)",
    parse(text: string): number {
      const size = Number(text);
      if (Number.isInteger(size) && size >= SMALLEST_STACK && size <= LARGEST_STACK) return size;
      const range = `a whole number of bytes from ${SMALLEST_STACK} to ${LARGEST_STACK}`;
      return refuse(SETTINGS.stackSize, range, text);
    },
  },
  gcSkip: {
    env: "GREENLIT_GC_SKIP",
    fallback: true,
    meaning:
      "1: scavenges skip greenlets that have not run since the last three (direct only); 0: none",
    parse(text: string): boolean {
      if (text !== "0" && text !== "1") refuse(SETTINGS.gcSkip, '"0" or "1"', text);
      return text === "1";
    },
  },
  sabotage: {
    env: "GREENLIT_SWITCHER_SABOTAGE",
    fallback: "",
    meaning:
      "for tests: what is made to fail, or `terminate:<place>`: see the native DriverOptions",
    parse: (text: string): string => text,
  },
} as const;

function refuse({ env }: { readonly env: string }, values: string, text: string): never {
  throw new RangeError(`${env} must be ${values}, not "${text}"`);
}

/**
 * The value of a setting in this process.
 * @throws RangeError when its variable holds nonsense.
 */
export function setting<T>({ env, fallback, parse }: Setting<T>): T {
  const text = process.env[env];
  return text === undefined || text === "" ? fallback : parse(text);
}
