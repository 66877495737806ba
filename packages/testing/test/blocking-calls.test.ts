// Every clause of the contract can fail: a call that breaks it is told.
import { Event, type WaitOptions } from "@greenlit/core";
import { describe, expect, it } from "vitest";
import {
  type BlockingCall,
  CLAUSES,
  describeBlockingCalls,
  strayNames,
} from "../src/blocking-calls.js";

/** One that keeps all of it. */
const good: BlockingCall = {
  name: "Event.wait",
  gives: false,
  blocked: () => {
    const event = new Event();
    return { call: (options) => event.wait(options), at: [event] };
  },
};

/** The same, but something is done to its options, or in its place. */
function bad(call: (event: Event, options?: WaitOptions) => unknown): BlockingCall {
  return {
    ...good,
    blocked: () => {
      const event = new Event();
      return { call: (options) => call(event, options), at: [event] };
    },
  };
}

const BROKEN: Record<string, BlockingCall> = {
  "throws on the hub, and says what to write instead": bad(() => false),
  "refuses a bad timeout before anything changes": bad((e, o) =>
    e.wait({ ...o, timeout: Number(o?.timeout) || 0 }),
  ),
  "refuses options it does not know, and says what it takes": bad((e, o) =>
    e.wait({ timeout: o?.timeout ?? 0, signal: o?.signal }),
  ),
  "refuses what are no options": bad((e, o) => e.wait({ timeout: 0, ...o })),
  "refuses a signal that is none": bad((e, o) => e.wait({ timeout: o?.timeout ?? 0 })),
  "ends after its timeout, as it says": bad((e, o) => !e.wait(o)),
  "throws the reason of an aborted signal": bad((e, o) => {
    return e.wait({ timeout: o?.timeout ?? 0 });
  }),
  "throws the reason of a signal that aborts meanwhile": bad((e) => e.wait({ timeout: 5 })),
  "lets an outer Timeout through": bad((e, o) => {
    try {
      return e.wait(o);
    } catch {
      return false;
    }
  }),
  "throws what its greenlet is killed with": bad((e, o) => {
    try {
      return e.wait(o);
    } catch {
      return false;
    }
  }),
};

it("has a call that breaks it for each clause", () => {
  expect(Object.keys(BROKEN)).toEqual(CLAUSES.map(({ title }) => title));
});

it.each(CLAUSES.map((clause) => [clause.title, clause] as const))(
  "tells a call that breaks it: %s",
  async (title, { check, concerns }) => {
    const broken = BROKEN[title] as BlockingCall;
    expect(concerns(broken)).toBe(true);
    await check(good);
    await expect(check(broken)).rejects.toThrow();
  },
);

it("tells a call that leaves a trace", async () => {
  const left = bad((e, o) => {
    e.link(() => {});
    return e.wait(o);
  });
  for (const { check } of CLAUSES) await expect(check(left)).rejects.toThrow();
});

it("tells a call that changes something before it refuses", async () => {
  let taken = 0;
  const easy = (): { call: (o?: WaitOptions) => unknown; state: () => number } => ({
    call: (options) => {
      taken++;
      return new Event().wait(options);
    },
    state: () => taken,
  });
  for (const { title, check } of CLAUSES.filter(({ title }) => /^refuses|aborted/.test(title))) {
    await expect(check({ ...good, easy }), title).rejects.toThrow("it changes nothing");
  }
});

it("tests every clause with every call that it concerns, with the hooks of any runner", () => {
  const names: string[] = [];
  const hooks = {
    describe: (_: string, body: () => void) => body(),
    it: (name: string) => names.push(name),
  };
  describeBlockingCalls([good, { ...good, takes: [] }], hooks);
  expect(names.filter((name) => name.endsWith("(0)"))).toHaveLength(CLAUSES.length);
  expect(names.filter((name) => name.endsWith("(1)"))).toHaveLength(3);
});

it("finds the names that a table lacks, and those that are nowhere", () => {
  const module = { call: () => {}, other: () => {}, Class: class {}, value: 1 };
  expect(strayNames(module, ["call"], ["gone"])).toEqual({ missing: ["other"], unknown: ["gone"] });
});

describeBlockingCalls([good], { describe, it });
