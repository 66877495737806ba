import { describe, expect, it } from "vitest";
import { Wheel, WheelEntry } from "../../src/time/wheel.js";
import { random } from "../support/random.js";

class Entry extends WheelEntry {
  readonly name: number;

  constructor(deadline: number, name = 0) {
    super();
    this.deadline = deadline;
    this.name = name;
  }
}

function takeAll(wheel: Wheel<Entry>): Entry[] {
  const taken: Entry[] = [];
  for (let entry = wheel.take(); entry !== null; entry = wheel.take()) taken.push(entry);
  return taken;
}

/** What a wheel is in the end: a list in the order of the deadlines. */
class SortedList {
  private entries: Entry[] = [];

  add(entry: Entry): void {
    this.entries.push(entry);
    this.entries.sort((a, b) => a.deadline - b.deadline); // stable
  }

  remove(entry: Entry): void {
    this.entries.splice(this.entries.indexOf(entry), 1);
  }

  expire(now: number): Entry[] {
    const due = this.entries.filter((entry) => entry.deadline <= now);
    this.entries = this.entries.filter((entry) => entry.deadline > now);
    return due;
  }

  get least(): number {
    return this.entries[0]?.deadline ?? Infinity;
  }

  get all(): Entry[] {
    return this.entries;
  }

  any(pick: (below: number) => number): Entry | undefined {
    return this.entries[Math.floor(pick(this.entries.length))];
  }
}

describe("against a sorted list, with random operations", () => {
  // How far away deadlines are: within a slot, over several levels, and all of that at once.
  const ranges = [[3], [70], [40_000], [2 ** 33], [1, 50, 2000, 10 ** 6, 2 ** 40]];
  it.each(ranges.flatMap((range) => [1, 2, 3].map((seed) => ({ range, seed }))))(
    "deadlines up to $range, seed $seed",
    ({ range, seed }) => {
      const next = random(seed);
      const wheel = new Wheel<Entry>();
      const list = new SortedList();
      let now = next(1000);
      let added = 0;
      let seen = 0;
      for (let step = 0; step < 4000; step++) {
        const act = next(10);
        const far = range[Math.floor(next(range.length))] as number;
        if (act < 5) {
          // Whole numbers too, so that many are equal.
          const ms = next(2) < 1 ? next(far) : Math.ceil(next(far));
          const deadline = next(2) < 1 ? now + ms : Math.ceil(now + ms);
          const entry = new Entry(deadline, added++);
          wheel.add(entry, now);
          list.add(entry);
        } else if (act < 7) {
          const entry = list.any(next);
          if (entry === undefined) continue;
          expect(wheel.remove(entry)).toBe(true);
          expect(wheel.remove(entry)).toBe(false);
          list.remove(entry);
        } else {
          // Right to the next deadline, a hair before it, or anywhere.
          const to = [list.least, list.least - 0.001, now + next(far)][
            Math.floor(next(3))
          ] as number;
          if (to !== Infinity && to > now) now = to;
          wheel.expire(now);
          const due = takeAll(wheel);
          expect(due.map(({ name }) => name)).toEqual(list.expire(now).map(({ name }) => name));
          seen += due.length;
        }
        expect(wheel.length).toBe(list.all.length);
        if (step % 50 === 0) {
          expect(new Set(wheel)).toEqual(new Set(list.all));
          expect(wheel.next()).toBeLessThanOrEqual(list.least);
        }
      }
      expect(seen).toBeGreaterThan(200);
    },
  );
});

it("is walked from wake-up to wake-up in a few steps, however far the deadline is", () => {
  for (const far of [1, 31, 32, 33, 1000, 10 ** 5, 10 ** 8, 2 ** 33 + 0.5, 10 ** 15]) {
    const wheel = new Wheel<Entry>();
    const start = 12_345.678;
    wheel.add(new Entry(start + far), start);
    let steps = 0;
    let now = start;
    while (wheel.firstDue === null) {
      expect(wheel.next()).toBeGreaterThanOrEqual(Math.floor(now));
      now = Math.max(now, wheel.next());
      wheel.expire(now);
      expect(++steps).toBeLessThanOrEqual(11);
    }
    expect(now).toBe(start + far);
    expect(wheel.next()).toBe(Infinity);
  }
});

it("keeps what is further away than anyone can wait", () => {
  const wheel = new Wheel<Entry>();
  const entry = new Entry(1e300);
  wheel.add(entry, 0);
  wheel.expire(1e15);
  expect([wheel.length, wheel.firstDue, [...wheel]]).toEqual([1, null, [entry]]);
  expect(wheel.next()).toBeLessThan(Infinity);
  expect(wheel.remove(entry)).toBe(true);
  expect([wheel.length, wheel.next()]).toEqual([0, Infinity]);
});

it("lets one that is due be removed before it is taken, and counts it until then", () => {
  const wheel = new Wheel<Entry>();
  const [a, b] = [new Entry(5, 1), new Entry(5, 2)];
  wheel.add(a, 0);
  wheel.add(b, 0);
  wheel.expire(5);
  expect([wheel.firstDue, wheel.length]).toEqual([a, 2]);
  wheel.remove(a);
  expect(takeAll(wheel)).toEqual([b]);
  expect([wheel.firstDue, wheel.length]).toEqual([null, 0]);
});
