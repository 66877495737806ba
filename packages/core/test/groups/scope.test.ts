import { describe, expect, expectTypeOf, it } from "vitest";
import {
  BlockingSwitchOutError,
  type Greenlet,
  GreenletExit,
  Scope,
  scope,
  sleep,
  spawn,
  Timeout,
} from "../../src/index.js";
import { fakeClock, green, thrownBy } from "@greenlit/testing";

/** Runs until it is killed; says so. */
function forever(log: string[], name: string): void {
  try {
    sleep(10_000);
  } finally {
    log.push(`${name} ends`);
  }
}

describe("scope, all", () => {
  it(
    "returns what the function returned, when all children have ended",
    green(() => {
      const log: string[] = [];
      const result = scope((s) => {
        for (const ms of [3, 1, 2]) s.spawn(() => (sleep(ms), log.push(`${ms}`)));
        return log.length;
      });
      expectTypeOf(result).toEqualTypeOf<number>();
      expect([result, log.sort()]).toEqual([0, ["1", "2", "3"]]);
    }),
  );

  it(
    "waits for children that children spawn",
    green(() => {
      let depth = 0;
      scope((s) => {
        const next = (n: number): void => {
          sleep(1);
          depth = n;
          if (n < 5) s.spawn(next, n + 1);
        };
        s.spawn(next, 1);
      });
      expect(depth).toBe(5);
    }),
  );

  it(
    "the first failure kills the siblings and what the function waits for, and is thrown when all have ended",
    green(() => {
      const log: string[] = [];
      const boom = new Error("boom");
      const error = thrownBy(() =>
        scope((s) => {
          s.spawn(forever, log, "sibling");
          s.spawn(() => {
            sleep(1);
            throw boom;
          });
          forever(log, "function");
        }),
      );
      expect(error).toBe(boom);
      expect(log.sort()).toEqual(["function ends", "sibling ends"]);
    }),
  );

  it(
    "errors of others that failed as well are attached",
    green(() => {
      const [first, second, third] = ["first", "second", "third"].map((text) => new Error(text));
      const late = (error: unknown) => (): void => {
        try {
          sleep(10_000);
        } finally {
          throw error;
        }
      };
      const error = thrownBy(() =>
        scope((s) => {
          s.spawn(late(second));
          s.spawn(late(third));
          s.spawn(() => {
            sleep(0);
            throw first;
          });
        }),
      );
      expect(error).toBe(first);
      expect((error as { others?: unknown }).others).toEqual([second, third]);
    }),
  );

  it(
    "a child whose error the function gets itself is still the scope's error",
    green(() => {
      const boom = new Error("boom");
      let caught: unknown;
      const error = thrownBy(() =>
        scope((s) => {
          const child = s.spawn(() => {
            throw boom;
          });
          caught = thrownBy(() => child.get());
        }),
      );
      expect(error).toBe(boom);
      expect([boom, GreenletExit]).toContain(
        caught instanceof GreenletExit ? GreenletExit : caught,
      );
    }),
  );

  it(
    "when the function throws, the children are killed and waited for",
    green(() => {
      const log: string[] = [];
      const boom = new Error("boom");
      let child: Greenlet | null = null;
      const error = thrownBy(() =>
        scope((s) => {
          child = s.spawn(forever, log, "child") as Greenlet;
          sleep(0);
          throw boom;
        }),
      );
      expect([error, log]).toEqual([boom, ["child ends"]]);
      expect((child as Greenlet | null)?.dead).toBe(true);
    }),
  );

  it(
    "when the greenlet is killed, so are the children, however long they take",
    green(() => {
      const log: string[] = [];
      const owner = spawn(() => {
        scope((s) => {
          s.spawn(() => {
            try {
              forever(log, "child");
            } finally {
              log.push("cleaned up");
            }
          });
        });
      });
      sleep(0); // the owner runs
      sleep(0); // the child runs
      owner.kill();
      expect(log).toEqual(["child ends", "cleaned up"]);
      expect(owner.successful).toBe(true);
    }),
  );

  it(
    "an outer deadline passes through, and ends the children",
    green(() => {
      using _clock = fakeClock();
      const log: string[] = [];
      const deadline = new Timeout(2);
      expect(thrownBy(() => scope((s) => void s.spawn(forever, log, "child")))).toBe(deadline);
      expect(log).toEqual(["child ends"]);
    }),
  );

  it(
    "nests",
    green(() => {
      const boom = new Error("boom");
      const log: string[] = [];
      const error = thrownBy(() =>
        scope((outer) => {
          outer.spawn(() => scope((inner) => void inner.spawn(forever, log, "grandchild")));
          outer.spawn(() => {
            sleep(0); // the grandchild begins
            throw boom;
          });
        }),
      );
      expect([error, log]).toEqual([boom, ["grandchild ends"]]);
    }),
  );

  it(
    "its signal aborts when the children are killed",
    green(() => {
      let reason: unknown;
      const boom = new Error("boom");
      thrownBy(() =>
        scope((s) => {
          s.signal.addEventListener("abort", () => (reason = s.signal.reason));
          throw boom;
        }),
      );
      expect(reason).toBe(boom);
    }),
  );

  it(
    "nothing can be spawned in one that has ended",
    green(() => {
      let kept: Scope | null = null;
      scope((s) => void (kept = s));
      expect(thrownBy(() => (kept as Scope | null)?.spawn(() => {}))).toMatchObject({
        code: "ERR_GREENLIT_SCOPE_CLOSED",
      });
    }),
  );

  it("needs a greenlet, and a policy it knows", () => {
    expect(() => scope(() => {})).toThrow(BlockingSwitchOutError);
    expect(() => scope(() => {}, { policy: "some" as "all" })).toThrow(/policy .* not some/);
  });
});

describe("scope, any", () => {
  it(
    "gives the first success and kills the rest",
    green(() => {
      const log: string[] = [];
      const result = scope<string>(
        (s) => {
          s.spawn(() => {
            throw new Error("not me");
          });
          s.spawn(() => (forever(log, "slow"), "slow"));
          s.spawn(() => (sleep(2), "quick"));
        },
        { policy: "any" },
      );
      expect([result, log]).toEqual(["quick", ["slow ends"]]);
    }),
  );

  it(
    "throws all errors when none succeeds",
    green(() => {
      const errors = [new Error("a"), new Error("b")];
      const error = thrownBy(() =>
        scope(
          (s) => {
            for (const e of errors) {
              s.spawn(() => {
                throw e;
              });
            }
          },
          { policy: "any" },
        ),
      );
      expect(error).toBeInstanceOf(AggregateError);
      expect((error as AggregateError).errors).toEqual(errors);
    }),
  );
});

describe("scope, settle", () => {
  it(
    "gives an outcome for each child, in spawn order",
    green(() => {
      const boom = new Error("boom");
      const outcomes = scope<number>(
        (s) => {
          s.spawn(() => (sleep(3), 1));
          s.spawn(() => {
            throw boom;
          });
          s.spawn(() => 3);
        },
        { policy: "settle" },
      );
      expect(outcomes).toEqual([
        { status: "fulfilled", value: 1 },
        { status: "rejected", reason: boom },
        { status: "fulfilled", value: 3 },
      ]);
    }),
  );
});

describe("scope, timeout and signal", () => {
  it(
    "ends the children, and is thrown once they have ended",
    green(() => {
      using _clock = fakeClock();
      const log: string[] = [];
      const error = thrownBy(() =>
        scope((s) => void s.spawn(forever, log, "child"), { timeout: 1 }),
      );
      expect(error).toBeInstanceOf(Timeout);
      expect(log).toEqual(["child ends"]);

      const controller = new AbortController();
      const reason = new Error("enough");
      spawn(() => controller.abort(reason));
      const { signal } = controller;
      const body = (s: Scope): void => {
        s.spawn(forever, log, "second child");
        forever(log, "body");
      };
      expect(thrownBy(() => scope(body, { signal }))).toBe(reason);
      expect(log).toEqual(["child ends", "body ends", "second child ends"]);
    }),
  );

  it(
    "does nothing when the scope was done in time",
    green(() => {
      const controller = new AbortController();
      expect(scope(() => 1, { timeout: 1, signal: controller.signal })).toBe(1);
      controller.abort();
      sleep(3);
      const late = new AbortController();
      expect(
        scope(
          () => {
            late.abort();
            return 2;
          },
          { signal: late.signal },
        ),
      ).toBe(2);
      sleep(1);
    }),
  );
});
