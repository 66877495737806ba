import { describe, expect, it } from "vitest";
import { ByteQueue } from "../src/byte-queue.js";

describe("ByteQueue", () => {
  it("gives out in order what was appended, whatever the sizes", () => {
    const queue = new ByteQueue();
    let written = 0;
    let read = 0;
    let state = 1;
    const random = (below: number): number => (state = (state * 48271) % 2147483647) % below;
    for (let round = 0; round < 3000; round++) {
      const chunk = Buffer.from(Array.from({ length: random(40) }, () => written++ & 255));
      queue.append(chunk);
      for (const byte of queue.take(random(45))) expect(byte).toBe(read++ & 255);
      expect(queue.length).toBe(written - read);
    }
  });

  it("never changes what it gave out", () => {
    const queue = new ByteQueue();
    const given: [Buffer, string][] = [];
    for (let i = 0; i < 100; i++) {
      queue.append(Buffer.from(`<${i}>`));
      if (i % 2 === 1) {
        const taken = queue.take(5);
        given.push([taken, taken.toString()]);
      }
    }
    for (const [view, text] of given) expect(view.toString()).toBe(text);
  });

  it("finds a needle that lies across two chunks", () => {
    const queue = new ByteQueue();
    queue.append(Buffer.from("xxab"));
    queue.take(1);
    queue.append(Buffer.from("cd"));
    expect(queue.indexOf(Buffer.from("bc"), 0)).toBe(2);
    expect(queue.indexOf(Buffer.from("bc"), 3)).toBe(-1);
  });
});
