import { describe, expect, it } from "vitest";
import { Fifo } from "../src/fifo.js";

describe("Fifo", () => {
  it("gives items in the order they came, however puts and takes mix", () => {
    const fifo = new Fifo<number>();
    let put = 0;
    let taken = 0;
    for (let round = 0; round < 300; round++) {
      for (let i = 0; i < round % 7; i++) fifo.push(put++);
      for (let i = 0; i < round % 5 && fifo.size > 0; i++) expect(fifo.shift()).toBe(taken++);
      expect(fifo.size).toBe(put - taken);
    }
    while (fifo.size > 0) expect(fifo.shift()).toBe(taken++);
    expect(taken).toBe(put);
    expect(fifo.shift()).toBe(undefined);
  });
});
