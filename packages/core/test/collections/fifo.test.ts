import { describe, expect, it } from "vitest";
import { Fifo } from "../../src/collections/fifo.js";
import { random } from "../support/random.js";

describe("Fifo", () => {
  it("gives undefined when empty", () => {
    const fifo = new Fifo<number>();
    expect(fifo.shift()).toBe(undefined);
    expect(fifo.length).toBe(0);
  });

  it("keeps undefined as an item", () => {
    const fifo = new Fifo<undefined>();
    fifo.push(undefined);
    expect(fifo.length).toBe(1);
    fifo.shift();
    expect(fifo.length).toBe(0);
  });

  it("grows with its head anywhere in the ring", () => {
    for (let offset = 0; offset < 16; offset++) {
      const fifo = new Fifo<number>();
      for (let i = 0; i < offset; i++) fifo.push(-1);
      for (let i = 0; i < offset; i++) fifo.shift();
      for (let i = 0; i < 100; i++) fifo.push(i);
      expect(Array.from({ length: 100 }, () => fifo.shift())).toEqual(
        Array.from({ length: 100 }, (_, i) => i),
      );
    }
  });

  it("does what an array does, 100,000 random operations long", () => {
    const pick = random(1);
    const fifo = new Fifo<number>();
    const model: number[] = [];
    for (let i = 0; i < 100_000; i++) {
      // Phases of growing and of shrinking.
      if (pick(100) < (Math.floor(i / 1000) % 2 === 0 ? 60 : 40)) {
        fifo.push(i);
        model.push(i);
      } else if (fifo.shift() !== model.shift()) {
        expect.fail(`differs after ${i} operations`);
      }
      if (fifo.length !== model.length) expect.fail(`length differs after ${i} operations`);
    }
  });
});
