import { describe, expect, it } from "vitest";
import { BACKENDS, lookedAt, type Moment, play } from "../src/waiting.js";

const waits = (moments: readonly Moment[]): Moment[] =>
  moments.filter((now, i) => now.handed !== null && moments[i - 1]?.handed === null);

describe("what is gone through to find who is ready", () => {
  const waiting = [4, 6, 7, 11, 14];

  it("is every bit up to the highest with select, whoever waits", () => {
    expect(lookedAt("select", waiting, [7])).toEqual(Array.from({ length: 15 }, (_, i) => i));
    expect(lookedAt("select", [900], [])).toHaveLength(901);
    expect(lookedAt("select", [], [])).toEqual([]);
  });

  it("is everybody who waits with poll, however high", () => {
    expect(lookedAt("poll", waiting, [7])).toEqual(waiting);
    expect(lookedAt("poll", [900], [])).toEqual([900]);
  });

  it("is who is ready, and nobody else, with epoll", () => {
    expect(lookedAt("epoll", waiting, [7])).toEqual([7]);
    expect(lookedAt("epoll", waiting, [])).toEqual([]);
  });
});

describe.each(BACKENDS)("a play with %s", (backend) => {
  const moments = play(backend);

  it("is the same each time", () => {
    expect(play(backend)).toEqual(moments);
  });

  it("has one greenlet running at a time, and nobody while the kernel is asked", () => {
    for (const { actors, running } of moments) {
      const [active, ...more] = actors.flatMap(({ state }, i) => (state === "running" ? [i] : []));
      expect(more).toEqual([]);
      if (active !== undefined) expect(running).toBe(active);
    }
  });

  it("keeps the stack of a greenlet from the moment when it parks until it runs again", () => {
    let parkings = 0;
    for (const { actors } of moments) {
      for (const { state, frames } of actors) {
        if (state !== "parked") continue;
        parkings++;
        expect(frames).toEqual(["serve", "readLine", "wait"]);
      }
    }
    expect(parkings).toBeGreaterThan(0);
  });

  it("gives each greenlet its two lines, and ends with all of them done", () => {
    const { actors, arrived, registered } = moments.at(-1) as Moment;
    for (const { name, state } of actors) {
      expect(state).toBe("done");
      const answers = moments.filter(({ text }) => text.startsWith(`${name} has its line`));
      expect(answers).toHaveLength(2);
    }
    expect({ arrived, registered }).toEqual({ arrived: [], registered: [] });
  });

  it("sleeps once for all who wait, and wakes those whose lines have come", () => {
    expect(waits(moments)).toHaveLength(6);
    const firstSleep = moments.find(({ running }) => running === "nobody") as Moment;
    expect(firstSleep.actors.map(({ state }) => state)).toEqual(Array(5).fill("parked"));
  });

  it("marks those who wait in the question, and those who are ready in the answer", () => {
    const start = moments.findIndex(({ handed }) => handed !== null);
    const [asked, asleep, , woken, returned] = moments.slice(start).map(({ marked }) => marked);
    for (const marked of [asked, asleep]) expect(marked).toEqual([4, 6, 7, 11, 14]);
    for (const marked of [woken, returned]) expect(marked).toEqual([7]);
  });

  it("counts what it shows", () => {
    let looks = 0;
    for (const now of moments) {
      looks += now.looked.length;
      expect(now.looks).toBe(looks);
    }
  });
});

describe("the difference", () => {
  const ends = BACKENDS.map((backend) => play(backend).at(-1) as Moment);

  it("is in what is handed over", () => {
    const [select = [], poll = [], epoll = []] = BACKENDS.map((backend) =>
      waits(play(backend)).map(({ handed }) => handed?.length),
    );
    expect(select).toEqual([15, 15, 15, 15, 15, 12]); // Eve, the highest, is done before the last
    expect(poll).toEqual([5, 5, 5, 5, 4, 3]);
    expect(epoll).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it("is in what is gone through: three looks, at all bits, at all who wait, at two times the ready", () => {
    expect(ends.map(({ looks }) => looks)).toEqual([3 * 87, 3 * 27, 2 * 10]);
  });

  it("is in the system calls: epoll has one more for each socket, once", () => {
    expect(ends.map(({ calls }) => calls)).toEqual([6, 6, 6 + 5]);
  });
});
