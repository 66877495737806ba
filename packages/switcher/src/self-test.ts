import type { SelfTestStep } from "./proof.js";
import type { Binding } from "./binding.js";

/** The two stacks that a step works with: its own, and another one. */
interface Bench {
  /** Runs `fn` on the other stack. */
  start(fn: () => void): void;
  /** Goes on with the other stack. False when the running stack cannot be left. */
  enter(): false | undefined;
  /** In `fn`: goes back to the step. */
  leave(): void;
  collect(minor: boolean): void;
  /** Whether this platform looks for the state that V8 keeps outside of its archives. */
  readonly looksOutside: boolean;
}

/** (module (import "m" "f" (func)) (func (export "g") call 0)) */
const CALLS_IMPORT = new Uint8Array(
  [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 2, 7, 1, 1, 109, 1, 102, 0, 0].concat([
    3, 2, 1, 0, 7, 5, 1, 1, 103, 0, 1, 10, 6, 1, 4, 0, 16, 0, 11,
  ]),
);

/** The part of WebAssembly that is used here. Node's types do not have it. */
interface WasmNamespace {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { exports: Record<string, () => void> };
  /** From Node 24 on. */
  promising?: (exported: (() => void) | undefined) => () => Promise<void>;
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

  "formats errors while another stack formats one"(bench) {
    const before = Object.getOwnPropertyDescriptor(Error, "prepareStackTrace");
    const restore = (): void => {
      if (before === undefined) Reflect.deleteProperty(Error, "prepareStackTrace");
      else Object.defineProperty(Error, "prepareStackTrace", before);
    };
    const mine = new Error("here");
    const other = new Error("parks");
    const prepare = (error: Error, trace: NodeJS.CallSite[]): string => {
      if (error === other) bench.leave();
      if (error === other || error === mine) return "formatted";
      // This error is not one of ours: V8 terminated the step, and its `finally` did not run.
      restore();
      return [error, ...trace].join("\n    at ");
    };
    // Where it cannot be set, no formatting function of the user's ever runs.
    if (!bench.looksOutside || !Reflect.set(Error, "prepareStackTrace", prepare)) return;
    try {
      bench.start(() => void other.stack);
      void mine.stack;
      bench.enter();
    } finally {
      restore();
    }
    check(
      mine.stack === "formatted" && other.stack === "formatted",
      `got ${mine.stack}, ${other.stack}`,
    );
  },

  "is not left inside WebAssembly.promising"(bench) {
    const wasm = (globalThis as { WebAssembly?: WasmNamespace }).WebAssembly;
    if (!bench.looksOutside || wasm?.promising === undefined) return;
    let refused = false;
    let ran = false;
    bench.start(() => bench.leave());
    const f = (): void => {
      ran = true;
      refused = bench.enter() === false;
    };
    const { g } = new wasm.Instance(new wasm.Module(CALLS_IMPORT), { m: { f } }).exports;
    void wasm.promising(g)();
    if (refused) bench.enter();
    check(ran && refused, "it was left");
  },

  "rests through scavenges"(bench) {
    let intact = false;
    bench.start(() => {
      const kept = { young: [1, 2, 3].map((n) => `${n}${n}`) };
      bench.leave();
      intact = JSON.stringify(kept) === '{"young":["11","22","33"]}';
    });
    // Enough scavenges that the stack is left out of them; then a full collection, which visits
    // all.
    for (const minor of [true, true, true, true, true, false, true]) bench.collect(minor);
    bench.enter();
    check(intact, "objects changed while only a resting stack referred to them");
  },

  "survives garbage collection on both stacks"(bench) {
    for (const minor of [true, false]) {
      // Young objects: only the suspended stack refers to them.
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
 * Uses the driver in every way that matters, before anything relies on it.
 * @param open opens the driver with the given entry function.
 * @returns the steps in order. After a step that is not ok, no more are tried.
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
    looksOutside: binding.drivers().includes("direct"),
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
