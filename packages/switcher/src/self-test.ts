import type { Binding } from "./binding.js";

/** One thing the self-test did, in words for people. */
export interface SelfTestStep {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** Runs `fn` on a stack of its own; inside, `leave()` goes back to the caller, `enter()` returns to it. */
interface Bench {
  start(fn: () => void): void;
  enter(): void;
  leave(): void;
  collect(minor: boolean): void;
}

function check(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

const STEPS: Record<string, (bench: Bench) => void> = {
  "switches both ways"(bench) {
    let trace = "";
    bench.start(() => {
      trace += "a";
      bench.leave();
      trace += "c";
    });
    trace += "b";
    bench.enter();
    check(trace === "abc", `ran in the order ${trace}`);
  },

  "throws and catches across a switch"(bench) {
    let caught = "";
    bench.start(() => {
      try {
        bench.leave();
        throw new Error("thrown after a switch");
      } catch (error) {
        caught = (error as Error).message;
      }
    });
    bench.enter();
    check(caught === "thrown after a switch", `caught ${JSON.stringify(caught)}`);
  },

  "overflows into a RangeError"(bench) {
    let caught: unknown;
    let depth = 0;
    bench.start(() => {
      const dive = (): number => {
        depth++;
        return dive() + 1;
      };
      try {
        dive();
      } catch (error) {
        caught = error;
      }
    });
    check(caught instanceof RangeError, `caught ${String(caught)}`);
    check(depth > 1000, `only ${depth} calls deep`);
  },

  "rests through scavenges"(bench) {
    let intact = false;
    bench.start(() => {
      const kept = { young: [1, 2, 3].map((n) => `${n}${n}`) };
      bench.leave();
      intact = JSON.stringify(kept) === '{"young":["11","22","33"]}';
    });
    // Long enough to be left out of scavenges, then a full collection, which leaves nobody out.
    for (const minor of [true, true, true, true, true, false, true]) bench.collect(minor);
    bench.enter();
    check(intact, "objects changed while only a resting stack referred to them");
  },

  "survives garbage collection on both stacks"(bench) {
    for (const minor of [true, false]) {
      // Young objects that only the suspended stack refers to.
      const make = (): object => ({ young: [1, 2, 3].map((n) => `${n}${n}`) });
      const intact = (kept: object): boolean =>
        JSON.stringify(kept) === '{"young":["11","22","33"]}';
      let onStack = false;
      const mine = make();
      bench.start(() => {
        const kept = make();
        bench.leave();
        bench.collect(minor);
        onStack = intact(kept);
      });
      bench.collect(minor);
      bench.enter();
      check(onStack && intact(mine), `objects changed in a ${minor ? "minor" : "full"} collection`);
    }
  },
};

/**
 * Uses the driver in every way that matters before anything relies on it.
 * @param open opens the driver with the given entry function.
 * @returns one step each, in order; after one that is not ok the rest is not tried.
 */
export function selfTest(
  binding: Binding,
  open: (entry: (id: number) => number) => void,
): SelfTestStep[] {
  let job: () => void = () => {};
  open((id) => {
    if (id > 0) job();
    return 0;
  });
  const id = binding.create();
  if (typeof id === "string") return [{ name: "makes a stack", ok: false, detail: id }];
  const bench: Bench = {
    start(fn) {
      job = fn;
      binding.transfer(id);
    },
    enter: () => binding.transfer(id),
    leave: () => binding.transfer(0),
    collect: (minor) => binding.collectGarbage(minor),
  };
  const steps: SelfTestStep[] = [];
  for (const [name, step] of Object.entries(STEPS)) {
    try {
      step(bench);
      steps.push({ name, ok: true, detail: "" });
    } catch (error) {
      steps.push({ name, ok: false, detail: (error as Error).message });
      break;
    }
  }
  binding.close();
  return steps;
}
