// The contract of python-greenlet, in our names.
import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import {
  current,
  gettrace,
  GreenletExit,
  InvalidSwitchError,
  RawGreenlet,
  report,
  root,
  settrace,
  type Trace,
} from "../dist/index.js";

describe("switch", () => {
  it("passes values both ways, and the result to the parent", () => {
    const greenlet = new RawGreenlet((first: number) => {
      const second = root().switch(first + 1) as number;
      return second * 2;
    });
    expect(greenlet.switch(1)).toBe(2);
    expect(greenlet.dead).toBe(false);
    expect(greenlet.switch(21)).toBe(42);
    expect(greenlet.dead).toBe(true);
  });

  it("to a dead greenlet goes up to its nearest living ancestor", () => {
    const greenlet = new RawGreenlet(() => 1);
    greenlet.switch();
    expect(greenlet.switch("echo")).toBe("echo");
  });

  it("to oneself returns the value", () => {
    expect(root().switch(7)).toBe(7);
  });

  it("goes between greenlets without passing the root", () => {
    const trace: string[] = [];
    const b: RawGreenlet = new RawGreenlet(() => {
      trace.push("b1");
      a.switch();
      trace.push("b2");
    });
    const a: RawGreenlet = new RawGreenlet(() => {
      trace.push("a1");
      b.switch();
      trace.push("a2");
      b.switch();
      trace.push("a3");
    });
    a.switch();
    expect(trace).toEqual(["a1", "b1", "a2", "b2"]);
    // b ended in its parent, the root; a is still suspended.
    a.switch();
    expect(trace.at(-1)).toBe("a3");
  });

  it("knows who runs", () => {
    const greenlet = new RawGreenlet(() => current());
    expect(greenlet.switch()).toBe(greenlet);
    expect(current()).toBe(root());
  });
});

describe("errors", () => {
  it("are raised in the parent", () => {
    const boom = new Error("boom");
    const greenlet = new RawGreenlet(() => {
      throw boom;
    });
    expect(() => greenlet.switch()).toThrow(boom);
    expect(greenlet.dead).toBe(true);
  });

  it("thrown into a suspended one come out of its switch, finally blocks run", () => {
    let cleaned = false;
    const greenlet = new RawGreenlet(() => {
      try {
        root().switch();
      } catch (error) {
        return (error as Error).message;
      } finally {
        cleaned = true;
      }
      return "not reached";
    });
    greenlet.switch();
    expect(greenlet.throw(new Error("in"))).toBe("in");
    expect(cleaned).toBe(true);
  });

  it("thrown into one that never started kill it without running it", () => {
    let ran = false;
    const greenlet = new RawGreenlet(() => {
      ran = true;
    });
    expect(() => greenlet.throw(new Error("early"))).toThrow("early");
    expect(greenlet.dead).toBe(true);
    expect(ran).toBe(false);
  });

  it("of class GreenletExit are a value, not a failure", () => {
    const never = new RawGreenlet(() => {});
    expect(never.throw()).toBeInstanceOf(GreenletExit);
    const exit = new GreenletExit();
    const greenlet = new RawGreenlet(() => {
      throw exit;
    });
    expect(greenlet.switch()).toBe(exit);
  });
});

describe("settrace", () => {
  /** The switches that `fn` makes; `names` has a name for each greenlet. */
  function traced(names: Map<RawGreenlet, string>, fn: () => void): string[] {
    const seen: string[] = [];
    const name = (greenlet: RawGreenlet): string => names.get(greenlet) ?? "root";
    const mine: Trace = (event, origin, target) => {
      expect(current()).toBe(target);
      seen.push(`${event} ${name(origin)}${origin.dead ? " (dead)" : ""} > ${name(target)}`);
    };
    expect(settrace(mine)).toBeNull();
    expect(gettrace()).toBe(mine);
    try {
      fn();
    } finally {
      expect(settrace(null)).toBe(mine);
    }
    return seen;
  }

  it("sees every switch and throw, also those that an end makes, and changes nothing", () => {
    const a: RawGreenlet = new RawGreenlet(() => b.switch(1));
    const b: RawGreenlet = new RawGreenlet((value: number) => root().switch(value + 1));
    const names = new Map([
      [a, "a"],
      [b, "b"],
    ]);
    const seen = traced(names, () => {
      expect(a.switch()).toBe(2);
      expect(root().switch(7)).toBe(7);
      expect(a.switch("result")).toBe("result");
      expect(() => b.throw(new Error("out"))).toThrow("out");
    });
    expect(seen).toEqual([
      "switch root > a",
      "switch a > b",
      "switch b > root",
      "switch root > root",
      "switch root > a",
      "switch a (dead) > root",
      "throw root > b",
      "throw b (dead) > root",
    ]);
    expect(root().switch("untraced")).toBe("untraced");
    expect(seen.length).toBe(8);
  });

  it("begun in a greenlet sees what comes after", () => {
    const seen: string[] = [];
    const greenlet = new RawGreenlet(() => {
      settrace((event, origin, target) => {
        seen.push(`${event} ${origin === greenlet} ${target === root()}`);
        settrace(null);
      });
      root().switch();
    });
    greenlet.switch();
    greenlet.switch();
    expect(seen).toEqual(["switch true true"]);
    expect(gettrace()).toBeNull();
  });

  it("throws what the function throws where the switch arrives, and ends", () => {
    const greenlet = new RawGreenlet(() => {
      try {
        root().switch();
      } catch (error) {
        return (error as Error).message;
      }
      return "not thrown";
    });
    greenlet.switch();
    settrace(() => {
      throw new Error("from the trace");
    });
    expect(greenlet.switch()).toBe("from the trace");
    expect(gettrace()).toBeNull();
  });

  it("refuses a function that switches, and what is no function", () => {
    const greenlet = new RawGreenlet(() => root().switch());
    settrace(() => root().switch());
    expect(() => root().switch()).toThrow(InvalidSwitchError);
    expect(gettrace()).toBeNull();
    expect(greenlet.switch("still works")).toBeUndefined();
    greenlet.switch();
    expect(() => settrace(1 as never)).toThrow("trace must be a function or null, not 1");
  });
});

describe("parents", () => {
  it("are who made the greenlet, unless said otherwise", () => {
    const outer = new RawGreenlet(() => new RawGreenlet(() => {}));
    const inner = outer.switch() as RawGreenlet;
    expect(inner.parent).toBe(outer);
    expect(root().parent).toBeNull();
  });

  it("cannot be descendants", () => {
    const a = new RawGreenlet(() => {});
    const b = new RawGreenlet(() => {}, a);
    expect(() => {
      a.parent = b;
    }).toThrow(InvalidSwitchError);
    expect(() => {
      root().parent = a;
    }).toThrow(InvalidSwitchError);
  });

  it("may change while the greenlet is suspended: the result goes to the new one", () => {
    const child = new RawGreenlet(() => {
      root().switch();
      return "result";
    });
    child.switch();
    const got: unknown[] = [];
    const parent = new RawGreenlet(() => {
      child.parent = parent;
      got.push(child.switch());
    });
    parent.switch();
    expect(got).toEqual(["result"]);
  });

  it("that never started are started with the result of their child", () => {
    const parent = new RawGreenlet((value: string) => `parent got ${value}`);
    const child = new RawGreenlet(() => "it", parent);
    expect(child.switch()).toBe("parent got it");
    expect(parent.dead).toBe(true);
  });
});

it("stacks are used again", () => {
  for (let i = 0; i < 100; i++) new RawGreenlet(() => {}).switch();
  const { stacks } = report();
  for (let i = 0; i < 100; i++) new RawGreenlet(() => {}).switch();
  expect(report().stacks).toBe(stacks);
});

it("GREENLIT_STACK_SIZE is how deep a greenlet may recurse", () => {
  const depth = (size: string): number => {
    const index = JSON.stringify(new URL("../dist/index.js", import.meta.url).href);
    const { stdout } = spawnSync(
      process.execPath,
      [
        "--input-type=module",
        "-e",
        `import { RawGreenlet } from ${index};
         let depth = 0;
         const dive = () => { depth++; return dive() + 1; };
         new RawGreenlet(() => { try { dive(); } catch {} }).switch();
         console.log(depth);`,
      ],
      { encoding: "utf8", env: { ...process.env, GREENLIT_STACK_SIZE: size } },
    );
    return Number(stdout);
  };
  const [small, large] = [depth("131072"), depth("8388608")];
  expect(small).toBeGreaterThan(500);
  expect(large).toBeGreaterThan(small * 30);
});
