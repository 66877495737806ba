import { runInThisContext } from "node:vm";
import { describe, expect, expectTypeOf, it } from "vitest";
import {
  BlockingSwitchOutError,
  config,
  Event,
  getCurrent,
  getHub,
  type Greenlet,
  GreenletExit,
  InvalidSwitchError,
  joinAll,
  killAll,
  run,
  shield,
  sleep,
  spawn,
  Timeout,
  Waiter,
} from "../../src/index.js";
import { collectUntil } from "../support/garbage.js";
import { green, reports, thrownBy, turns } from "@greenlit/testing";

const boom = (): never => {
  throw new RangeError("boom");
};

describe("types", () => {
  it("go through spawn and run", async () => {
    const add = (a: number, b: string): string => b + a;
    const g = spawn(add, 1, "x");
    expectTypeOf(g).toEqualTypeOf<Greenlet<string>>();
    expectTypeOf(g.get).returns.toEqualTypeOf<string>();
    expectTypeOf(g.value).toEqualTypeOf<string | undefined>();
    expectTypeOf(await g).toEqualTypeOf<string>();
    expectTypeOf(run(add, 1, "x")).toEqualTypeOf<Promise<string>>();
    expectTypeOf(run(() => Promise.resolve(1))).toEqualTypeOf<Promise<number>>();
    expectTypeOf(spawn(() => {})).toEqualTypeOf<Greenlet<void>>();
    expectTypeOf(spawn<[number, string], string>).parameters.toEqualTypeOf<
      [(a: number, b: string) => string | Promise<string>, number, string]
    >();
    expect(await run(add, 1, "x")).toBe("x1");
    await turns(2);
  });

  it("a wrong argument is an error of the compiler, and what is no function one at run time", async () => {
    const length = (text: string): number => text.length;
    // @ts-expect-error -- a number is no string
    const g = spawn(length, 5);
    // @ts-expect-error -- an argument is missing
    const h = spawn(length);
    await Promise.allSettled([g, h]);
    // @ts-expect-error -- no function
    expect(() => spawn("text")).toThrow(TypeError);
    // @ts-expect-error -- no function
    expect(() => run(undefined)).toThrow(TypeError);
  });
});

describe("a greenlet's life", () => {
  it("is told by started, ready, dead, successful, value, exception", async () => {
    const facts = (g: Greenlet): unknown[] => [
      g.started,
      g.ready,
      g.dead,
      g.successful,
      g.value,
      g.exception,
    ];
    const event = new Event();
    const good = spawn(() => {
      event.wait();
      return 5;
    });
    const error = new Error("x");
    const bad = spawn(() => {
      event.wait();
      throw error;
    });
    expect(facts(good as Greenlet)).toEqual([false, false, false, false, undefined, undefined]);
    await turns(2);
    expect(facts(good as Greenlet)).toEqual([true, false, false, false, undefined, undefined]);
    expect(facts(bad)).toEqual([true, false, false, false, undefined, undefined]);
    event.set();
    await Promise.allSettled([good, bad]);
    expect(facts(good as Greenlet)).toEqual([true, true, true, true, 5, undefined]);
    expect(facts(bad)).toEqual([true, true, true, false, undefined, error]);
  });

  it("gets its arguments and no `this`", async () => {
    const g = spawn(
      function (this: unknown, ...args: unknown[]) {
        return [this, args];
      },
      1,
      "two",
      null,
    );
    expect(await g).toEqual([undefined, [1, "two", null]]);
  });

  it(
    "spawnedBy is who spawned it, null on the hub",
    green(() => {
      const me = getCurrent();
      const child = spawn(() => sleep(0));
      expect(child.spawnedBy).toBe(me);
      child.join();
      const waiter = new Waiter<Greenlet>("test");
      setImmediate(() => waiter.switch(spawn(() => {})));
      const fromHub = waiter.wait();
      expect(fromHub.spawnedBy).toBe(null);
      fromHub.join();
    }),
  );

  it("a chain in which each spawns the next keeps no ancestors in memory", async () => {
    const ancestors: WeakRef<object>[] = [];
    const event = new Event();
    const link = (depth: number): Greenlet => {
      const mine = { depth };
      ancestors.push(new WeakRef(mine));
      if (depth === 0) event.wait();
      else spawn(link, depth - 1);
      return mine as never;
    };
    spawn(link, 20);
    await turns(30);
    // The value of a greenlet that has ended is held by the greenlet, and that by nobody but
    // descendants.
    const alive = (): number =>
      ancestors.slice(0, -3).filter((ref) => ref.deref() !== undefined).length;
    expect(await collectUntil(() => alive() === 0)).toBe(true);
    event.set();
    await turns(2);
  });
});

describe("name and id", () => {
  it("the name is the function's with the id, and can be set", async () => {
    function fetchPage(): void {}
    const g = spawn(fetchPage);
    expect(g.name).toBe(`fetchPage-${g.id}`);
    g.name = "mine";
    expect(g.name).toBe("mine");
    const anonymous = spawn((() => () => {})());
    expect(anonymous.name).toBe(`greenlet-${anonymous.id}`);
    await Promise.all([g, anonymous]);
  });

  it(
    "ids of living greenlets differ; those of dead ones are used again",
    green(() => {
      const event = new Event();
      const first = Array.from({ length: 50 }, () => spawn(() => event.wait()));
      const ids = new Set(first.map((g) => g.id));
      expect(ids.size).toBe(50);
      expect(ids.has(getCurrent()?.id as number)).toBe(false);
      event.set();
      joinAll(first);
      const second = Array.from({ length: 50 }, () => spawn(() => {}));
      expect(new Set(second.map((g) => g.id))).toEqual(ids);
      joinAll(second);
    }),
  );

  it("an id is given back once, however the greenlet ends", async () => {
    const g = spawn(() => {});
    g.kill(undefined, { block: false });
    g.kill(undefined, { block: false });
    await turns(2);
    const two = [spawn(() => {}), spawn(() => {})];
    expect(two[0]?.id).not.toBe(two[1]?.id);
    await Promise.all(two);
  });
});

describe("the spawn site", () => {
  it("is the line of the user's code that spawned it", async () => {
    const code = "(spawn) => {\n  return spawn(() => {});\n}";
    const user = runInThisContext(code, { filename: "/app/user.js" }) as (
      s: typeof spawn,
    ) => Greenlet;
    const g = user(spawn);
    expect(g.spawnSite).toMatch(/^at .*\/app\/user\.js:2:10\)?$/);
    await g;
  });

  it.each([true, false])("stands in the stack of the error that ends it: %s", async (on) => {
    config.errorSites = on;
    try {
      const user = runInThisContext("(spawn, fn) => spawn(fn)", { filename: "/app/user.js" }) as (
        s: typeof spawn,
        fn: () => void,
      ) => Greenlet;
      const stack = await run(() => (thrownBy(() => user(spawn, boom).get()) as Error).stack);
      const site = /\n {4}-- spawned --\n {4}at .*\/app\/user\.js:1:\d+/;
      if (on) expect(stack).toMatch(site);
      else expect(stack).not.toContain("-- spawned --");
      // A stack that cannot be changed, or read, stays as it is.
      const frozen = Object.freeze(new Error("frozen"));
      const throwFrozen = (): void => {
        throw frozen;
      };
      expect(await run(() => thrownBy(() => user(spawn, throwFrozen).get()))).toBe(frozen);
    } finally {
      config.errorSites = true;
    }
  });

  it("is recorded for the first greenlets of a turn only, and changes nothing of Error", async () => {
    const { stackTraceLimit } = Error;
    await turns(1);
    await run(() => {
      sleep(0);
      const user = runInThisContext("(spawn) => spawn(() => {})", { filename: "/app/user.js" }) as (
        s: typeof spawn,
      ) => Greenlet;
      const all = Array.from({ length: 1000 }, () => user(spawn));
      const recorded = all.filter((g) => g.spawnSite !== "").length;
      expect(recorded).toBeGreaterThanOrEqual(50);
      expect(recorded).toBeLessThanOrEqual(100);
      expect(all[0]?.spawnSite).toContain("/app/user.js");
      joinAll(all);
    });
    expect(Error.stackTraceLimit).toBe(stackTraceLimit);
  });
});

describe("get", () => {
  it(
    "returns the value, before and after the end",
    green(() => {
      const g = spawn(() => {
        sleep(1);
        return 7;
      });
      expect(g.get()).toBe(7);
      expect(g.get()).toBe(7);
    }),
  );

  it(
    "throws the same error each time, to each who asks",
    green(() => {
      const g = spawn(boom);
      const others = [1, 2, 3].map(() => spawn(() => thrownBy(() => g.get())));
      const error = thrownBy(() => g.get());
      expect(error).toBeInstanceOf(RangeError);
      expect(thrownBy(() => g.get())).toBe(error);
      for (const other of others) expect(other.get()).toBe(error);
    }),
  );

  it(
    "gives up after its timeout; the greenlet goes on",
    green(() => {
      const mayEnd = new Event();
      const g = spawn(() => {
        mayEnd.wait();
        return 1;
      });
      const error = thrownBy(() => g.get({ timeout: 1 })) as Timeout;
      expect(error).toBeInstanceOf(Timeout);
      expect(error.code).toBe("ERR_GREENLIT_TIMEOUT");
      expect(error.message).toBe(`Greenlet.get of ${g.name} timed out after 1 ms`);
      mayEnd.set();
      expect(g.get()).toBe(1);
    }),
  );

  it(
    "gives up with the signal's reason",
    green(() => {
      const mayEnd = new Event();
      const g = spawn(() => mayEnd.wait());
      const controller = new AbortController();
      setTimeout(() => controller.abort("enough"), 1);
      expect(thrownBy(() => g.get({ signal: controller.signal }))).toBe("enough");
      expect(g.dead).toBe(false);
      mayEnd.set();
      g.join();
    }),
  );

  it("on the hub: throws while it runs, returns once it has ended", async () => {
    const g = spawn(() => 3);
    expect(thrownBy(() => g.get())).toBeInstanceOf(BlockingSwitchOutError);
    await g;
    expect(g.get()).toBe(3);
  });

  it(
    "of itself is an error, and so is join",
    green(() => {
      const me = getCurrent() as Greenlet;
      expect(thrownBy(() => me.get())).toBeInstanceOf(InvalidSwitchError);
      expect(thrownBy(() => me.join())).toBeInstanceOf(InvalidSwitchError);
      expect(thrownBy(() => joinAll([me]))).toBeInstanceOf(InvalidSwitchError);
    }),
  );
});

describe("join", () => {
  it(
    "never throws the greenlet's error",
    green(() => {
      const g = spawn(boom);
      expect(g.join()).toBe(true);
      expect(g.join()).toBe(true);
      expect(g.exception).toBeInstanceOf(RangeError);
    }),
  );

  it(
    "is false when the timeout passed first",
    green(() => {
      const mayEnd = new Event();
      const g = spawn(() => mayEnd.wait());
      expect(g.join({ timeout: 0 })).toBe(false);
      expect(g.join({ timeout: 1 })).toBe(false);
      mayEnd.set();
      expect(g.join({ timeout: null })).toBe(true);
    }),
  );

  it(
    "wakes all who wait, in the order they came",
    green(() => {
      const order: number[] = [];
      const mayEnd = new Event();
      const g = spawn(() => mayEnd.wait());
      const all = [0, 1, 2, 3].map((i) =>
        spawn(() => {
          g.join();
          order.push(i);
        }),
      );
      sleep(0); // they wait
      mayEnd.set();
      joinAll(all);
      expect(order).toEqual([0, 1, 2, 3]);
    }),
  );

  it(
    "refuses a timeout that is negative or no number, whether it would block or not",
    green(() => {
      const g = spawn(() => sleep(1));
      expect(thrownBy(() => g.join({ timeout: -1 }))).toBeInstanceOf(RangeError);
      expect(thrownBy(() => g.get({ timeout: Number.NaN }))).toBeInstanceOf(RangeError);
      expect(thrownBy(() => g.kill(undefined, { timeout: -1 }))).toBeInstanceOf(RangeError);
      expect(g.dead).toBe(false);
      g.join();
    }),
  );
});

describe("kill", () => {
  it(
    "of one that has not started: it never runs, and links fire",
    green(() => {
      let ran = false;
      const linked: Greenlet[] = [];
      const g = spawn(() => {
        ran = true;
      });
      g.link((ended) => linked.push(ended));
      g.kill();
      sleep(0);
      expect(ran).toBe(false);
      expect([g.started, g.dead, g.successful]).toEqual([false, true, true]);
      expect(g.value).toBeInstanceOf(GreenletExit);
      expect(g.get()).toBeInstanceOf(GreenletExit);
      expect(linked).toEqual([g]);
    }),
  );

  it(
    "of one that has not started, with an error of one's own: get throws that",
    green(() => {
      const g = spawn(() => {});
      const error = new Error("mine");
      g.kill(error);
      expect(g.successful).toBe(false);
      expect(thrownBy(() => g.get())).toBe(error);
    }),
  );

  it(
    "of a parked one: the error is thrown at its blocking call, finally runs, kill waits for the end",
    green(() => {
      const order: string[] = [];
      const g = spawn(() => {
        try {
          sleep(10_000);
          order.push("not reached");
        } catch (error) {
          order.push((error as Error).name);
          throw error;
        } finally {
          order.push("finally");
        }
      });
      sleep(0);
      g.kill();
      order.push("killed");
      expect(order).toEqual(["GreenletExit", "finally", "killed"]);
      expect(g.successful).toBe(true);
    }),
  );

  it(
    "GreenletExit counts as success when the greenlet lets it pass, also thrown by itself",
    green(() => {
      const exit = new GreenletExit("bye");
      const g = spawn(() => {
        throw exit;
      });
      expect(g.get()).toBe(exit);
      expect([g.successful, g.value, g.exception]).toEqual([true, exit, undefined]);
    }),
  );

  it(
    "of itself throws right there",
    green(() => {
      const order: string[] = [];
      const g = spawn(() => {
        try {
          getCurrent()?.kill();
          order.push("not reached");
        } finally {
          order.push("finally");
        }
      });
      g.join();
      expect(order).toEqual(["finally"]);
      expect(g.value).toBeInstanceOf(GreenletExit);
      const error = new Error("mine");
      expect(thrownBy(() => spawn(() => getCurrent()?.kill(error)).get())).toBe(error);
    }),
  );

  it(
    "one that swallows the error gets it again at its next blocking call, until it ends",
    green(() => {
      const seen: unknown[] = [];
      const g = spawn(() => {
        for (let i = 0; i < 3; i++) {
          try {
            sleep(10_000);
          } catch (error) {
            seen.push(error);
          }
        }
        return "stubborn";
      });
      sleep(0);
      const error = new GreenletExit();
      g.kill(error);
      expect(seen).toEqual([error, error, error]);
      expect(g.value).toBe("stubborn");
    }),
  );

  it(
    "reaches one that is ready but not yet running at its next blocking call; what woke it is not lost",
    green(() => {
      const event = new Event();
      const got: unknown[] = [];
      const g = spawn(() => {
        got.push(event.wait());
        sleep(10_000);
        got.push("not reached");
      });
      sleep(0);
      event.set(); // woken, queued
      g.kill();
      expect(got).toEqual([true]);
      expect(g.value).toBeInstanceOf(GreenletExit);
    }),
  );

  it(
    "a second kill replaces the first error for the blocking calls to come",
    green(() => {
      const seen: unknown[] = [];
      const g = spawn(() => {
        for (let i = 0; i < 2; i++) {
          try {
            sleep(10_000);
          } catch (error) {
            seen.push(error);
          }
        }
      });
      sleep(0);
      g.kill("one", { block: false });
      g.kill("two", { block: false });
      g.join();
      expect(seen).toEqual(["one", "two"]);
    }),
  );

  it(
    "of a dead one does nothing",
    green(() => {
      const g = spawn(() => 1);
      g.join();
      g.kill(new Error("late"));
      expect(g.get()).toBe(1);
    }),
  );

  it(
    "with block: false returns at once",
    green(() => {
      const g = spawn(() => sleep(10_000));
      sleep(0);
      g.kill(undefined, { block: false });
      expect(g.dead).toBe(false);
      g.join();
    }),
  );

  it(
    "with a timeout returns when it has passed, also when the greenlet takes longer to end",
    green(() => {
      const release = new Event();
      const g = spawn(() => {
        try {
          sleep(10_000);
        } finally {
          shield(() => release.wait());
        }
      });
      sleep(0);
      g.kill(undefined, { timeout: 1 });
      expect(g.dead).toBe(false);
      release.set();
      g.join();
      expect(g.value).toBeInstanceOf(GreenletExit);
    }),
  );

  it("on the hub must be told not to block", async () => {
    const g = spawn(() => sleep(10_000));
    await turns(2);
    expect(thrownBy(() => g.kill())).toBeInstanceOf(BlockingSwitchOutError);
    expect(g.dead).toBe(false);
    g.kill(undefined, { block: false });
    expect(await g).toBeInstanceOf(GreenletExit);
  });

  it(
    "a killer that is killed itself while it waits gets its own error; the victim's stays",
    green(() => {
      const release = new Event();
      const victim = spawn(() => shield(() => release.wait()));
      sleep(0);
      const killer = spawn(() => victim.kill());
      sleep(0);
      const error = new Error("mine");
      killer.kill(error);
      expect(thrownBy(() => killer.get())).toBe(error);
      expect(victim.dead).toBe(false);
      release.set();
      expect(victim.get()).toBe(true);
    }),
  );
});

describe("link", () => {
  it(
    "calls back on the hub, in order, once, for success, failure and kill",
    green(() => {
      const calls: unknown[] = [];
      const make = [(): number => 1, boom, (): void => sleep(10_000)];
      const all = make.map((fn) => spawn(fn as () => unknown));
      for (const g of all) {
        g.link((ended) => calls.push(["first", ended === g, getCurrent()]));
        g.link((ended) => calls.push(["second", ended === g, getCurrent()]));
      }
      sleep(0); // two have ended, the third sleeps
      all[2]?.kill();
      sleep(0);
      expect(calls).toEqual(
        [1, 2, 3].flatMap(() => [
          ["first", true, null],
          ["second", true, null],
        ]),
      );
    }),
  );

  it(
    "to one that has ended calls back soon, not at once",
    green(() => {
      const g = spawn(() => {});
      g.join();
      let calls = 0;
      g.link(() => calls++);
      expect(calls).toBe(0);
      sleep(0);
      expect(calls).toBe(1);
    }),
  );

  it(
    "can be taken back",
    green(() => {
      const calls: string[] = [];
      const g = spawn(() => {});
      const a = (): void => void calls.push("a");
      const b = (): void => void calls.push("b");
      g.link(a);
      g.link(b);
      g.unlink(a);
      g.unlink(() => {});
      g.join();
      sleep(0);
      expect(calls).toEqual(["b"]);
    }),
  );

  it("that throws is reported, and does not keep the others from running", async () => {
    const calls: string[] = [];
    const error = new Error("link");
    const seen = await reports(async () => {
      const g = spawn(() => {});
      g.name = "linked";
      g.link(() => {
        throw error;
      });
      g.link(() => calls.push("other"));
      await turns(3);
    });
    expect(calls).toEqual(["other"]);
    expect(seen).toEqual([["linked", error]]);
  });

  it("must not block: the error says that it is on the hub", async () => {
    const seen = await reports(async () => {
      spawn(() => {}).link(() => sleep(1));
      await turns(3);
    });
    expect(seen.map(([, error]) => (error as BlockingSwitchOutError).code)).toEqual([
      "ERR_GREENLIT_BLOCKING_SWITCH_OUT",
    ]);
  });
});

describe("as a promise", () => {
  it("can be awaited, before and after the end, by many", async () => {
    const g = spawn(() => {
      sleep(1);
      return "v";
    });
    expect(await Promise.all([g, g, g.then((v) => `${v}!`)])).toEqual(["v", "v", "v!"]);
    expect(await g).toBe("v");
  });

  it("rejects with the error", async () => {
    const g = spawn(boom);
    await expect(g).rejects.toThrow("boom");
    const handled = await g.then(
      () => "value",
      (error: unknown) => (error as Error).message,
    );
    expect(handled).toBe("boom");
  });

  it("a value that is a promise is adopted", async () => {
    const g = spawn(() => Promise.resolve(3));
    expect(await g).toBe(3);
    expect(await run(() => Promise.resolve(4))).toBe(4);
  });

  it("run hands over the arguments, and rejects with what is thrown", async () => {
    expect(await run((a: number, b: number) => a + b, 1, 2)).toBe(3);
    await expect(run(boom)).rejects.toThrow("boom");
  });
});

describe("dispose", () => {
  it(
    "`using` waits for the greenlet at the end of the block, and not for its error",
    green(() => {
      const order: string[] = [];
      {
        using g = spawn(() => {
          sleep(1);
          order.push("child");
          boom();
        });
        order.push(`block, ${g.dead}`);
      }
      order.push("after");
      expect(order).toEqual(["block, false", "child", "after"]);
    }),
  );
});

describe("a failure", () => {
  it("is reported once when nobody observes, with hundreds failing", async () => {
    const seen = await reports(async () => {
      const all = Array.from({ length: 500 }, (_, i) => {
        const g = spawn(() => {
          if (i % 2 === 0) sleep(0);
          throw new Error(`error ${i}`);
        });
        g.name = `g${i}`;
        return g;
      });
      while (!all.every(({ dead }) => dead)) await turns(1);
    });
    expect(seen.length).toBe(500);
    expect(new Set(seen.map(([name]) => name)).size).toBe(500);
    for (const [name, error] of seen)
      expect((error as Error).message).toBe(`error ${name.slice(1)}`);
  });

  it("is not reported when somebody joins, gets, links, awaits or kills", async () => {
    const seen = await reports(async () => {
      await run(() => {
        const fail = (): never => {
          sleep(0);
          throw new Error("x");
        };
        const all: Greenlet[] = Array.from({ length: 5 }, () => spawn(fail));
        const [a, b, c, d, e] = all as [Greenlet, Greenlet, Greenlet, Greenlet, Greenlet];
        spawn(() => a.join());
        spawn(() => thrownBy(() => b.get()));
        c.link(() => {});
        d.then(null, () => {});
        sleep(0);
        e.kill(new Error("killed"));
        joinAll(all);
      });
    });
    expect(seen).toEqual([]);
  });

  it("is not reported by joinAll or killAll, in whatever order they fail", async () => {
    const seen = await reports(async () => {
      await run(() => {
        const slow = spawn(() => sleep(5));
        const fast = spawn(boom);
        joinAll([slow, fast]);
        const others = [spawn(() => sleep(10_000)), spawn(boom)];
        killAll(others, new Error("killed"));
      });
    });
    expect(seen).toEqual([]);
  });

  it("is never thrown into the spawner", async () => {
    const seen = await reports(() =>
      run(() => {
        spawn(boom);
        sleep(0);
        sleep(1);
      }),
    );
    expect(seen.length).toBe(1);
  });

  it("may be anything that can be thrown", async () => {
    for (const thrown of [undefined, null, 0, "text", { code: 1 }]) {
      const g = spawn(() => {
        throw thrown;
      });
      const reason = await g.then(
        () => "no error",
        (error: unknown) => error,
      );
      expect(reason).toBe(thrown);
      expect([g.successful, g.dead]).toEqual([false, true]);
    }
  });

  it("that somebody asks for later is no longer unobserved", async () => {
    const hub = getHub();
    const seen = await reports(async () => {
      const g = spawn(boom);
      await turns(2);
      expect(hub.unobserved.has(g as Greenlet)).toBe(true);
      expect(thrownBy(() => g.get())).toBeInstanceOf(RangeError);
      expect(hub.unobserved.has(g as Greenlet)).toBe(false);
    });
    expect(seen.length).toBe(1);
  });
});

describe("memory", () => {
  it("function, arguments and locals go when it ends, the value when the greenlet goes", async () => {
    const refs: Record<string, WeakRef<object>> = {};
    const keep: { g: Greenlet<object> | null } = { g: null };
    await run(() => {
      const argument = { argument: true };
      const fn = (arg: object): object => {
        const result = { arg: arg === argument };
        refs["value"] = new WeakRef(result);
        return result;
      };
      refs["argument"] = new WeakRef(argument);
      refs["fn"] = new WeakRef(fn);
      keep.g = spawn(fn, argument);
      keep.g.join();
    });
    const gone = (name: string): boolean => refs[name]?.deref() === undefined;
    expect(await collectUntil(() => gone("argument") && gone("fn"))).toBe(true);
    expect(gone("value")).toBe(false);
    keep.g = null;
    expect(await collectUntil(() => gone("value"))).toBe(true);
  });

  it("a greenlet that has ended is freed, however it ended", async () => {
    const refs: WeakRef<Greenlet>[] = [];
    await run(() => {
      const fns = [(): number => 1, boom, (): void => sleep(10_000), (): void => sleep(0)];
      for (const fn of fns) {
        const g = spawn(fn as () => unknown);
        g.link(() => {});
        refs.push(new WeakRef(g as Greenlet));
        sleep(0);
        g.kill();
      }
    });
    await turns(2);
    expect(await collectUntil(() => refs.every((ref) => ref.deref() === undefined))).toBe(true);
  });
});
