import { Writable } from "node:stream";
import { run } from "greenlit";
import { expect, it } from "vitest";
import { print } from "../../src/check/printer.js";

it("writes pieces in order, and waits for a slow reader", async () => {
  let text = "";
  let waiting = 0;
  const slow = new Writable({
    highWaterMark: 1,
    write(chunk: Buffer, _, done) {
      waiting = Math.max(waiting, this.writableLength);
      text += chunk.toString();
      setTimeout(done, 1);
    },
  });
  const pieces = Array.from({ length: 40 }, (_, i) => `${i} `.repeat(5_000));
  await run(() => print(slow, pieces));
  expect(text).toBe(pieces.join(""));
  expect(waiting).toBeLessThan(100_000);
});

it("makes no more when the reader has gone", async () => {
  let made = 0;
  const gone = new Writable({ write: (_chunk, _encoding, done) => done(new Error("EPIPE")) });
  gone.on("error", () => {});
  const pieces = {
    *[Symbol.iterator](): Iterator<string> {
      for (; made < 1_000; made++) yield "x".repeat(70_000);
    },
  };
  await run(() => print(gone, pieces));
  expect(made).toBe(0);
});
