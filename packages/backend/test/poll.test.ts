// What CPython's test_poll asks of select.poll(), in greenlets.
import {
  Poll,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLNVAL,
  POLLOUT,
  POLLPRI,
  POLLRDHUP,
  system,
} from "@greenlit/backend";
import { sleep, spawn } from "@greenlit/core";
import { green, thrownBy } from "@greenlit/testing";
import { describeBlockingCalls } from "@greenlit/testing/blocking-calls";
import { describe, expect, it } from "vitest";

const calls = system();
const X = Buffer.from("x");
const SOON = { timeout: 20_000 };
const codeOf = (fn: () => unknown): string | undefined =>
  (thrownBy(fn) as NodeJS.ErrnoException).code;

describe("Poll", () => {
  it(
    "tells the writers and the readers among many pipes (test_poll1)",
    green(() => {
      const pipes = Array.from({ length: 12 }, () => calls.pipe() as [number, number]);
      const poll = new Poll();
      for (const [read, write] of pipes) {
        poll.register(read);
        poll.modify(read, POLLIN);
        poll.register(write, POLLOUT);
      }
      const left = new Map(pipes);
      const readerOf = new Map(pipes.map(([read, write]) => [write, read]));
      let count = 0;
      while (left.size > 0) {
        const writers = poll.poll(SOON).filter(([, events]) => (events & POLLOUT) !== 0);
        expect(writers).toHaveLength(left.size);
        const [write] = writers[Math.floor(Math.random() * writers.length)] as [number, number];
        calls.send(write, X, 0);
        const readers = poll.poll(SOON).filter(([, events]) => (events & POLLIN) !== 0);
        const read = readerOf.get(write) as number;
        expect(readers).toEqual([[read, POLLIN]]);
        expect(calls.receive(read, 100, -1)).toBe(1);
        poll.unregister(read);
        poll.unregister(write);
        calls.close(read);
        calls.close(write);
        left.delete(read);
        count++;
      }
      expect(count).toBe(12);
      expect(poll.poll({ timeout: 1 })).toEqual([]);
    }),
  );

  it(
    "says POLLNVAL for one that is not open, and refuses what is none (test_poll_unit_tests)",
    green(() => {
      const [fd, other] = calls.socketPair(1) as [number, number];
      const poll = new Poll();
      poll.register(fd);
      calls.close(fd);
      expect(poll.poll(SOON)).toEqual([[fd, POLLNVAL]]);
      poll.unregister(fd);
      poll.register(other, POLLIN | POLLOUT | POLLPRI);
      expect(poll.poll(SOON)[0]?.[0]).toBe(other);
      calls.close(other);
      for (const wrong of [poll, { fileno: () => "x" }, "0", null, undefined, 1.5]) {
        expect(() => poll.register(wrong as never)).toThrow(TypeError);
      }
      expect(() => poll.register(-1)).toThrow(RangeError);
      expect(codeOf(() => poll.unregister(3))).toBe("ENOENT");
      expect(codeOf(() => new Poll().modify(1972, POLLIN))).toBe("ENOENT");
    }),
  );

  it(
    "tells the end of a pipe by POLLHUP (test_poll2)",
    green(() => {
      const [read, write] = calls.pipe() as [number, number];
      const poll = new Poll();
      poll.register(read, POLLIN);
      const rounds = spawn(() => {
        let text = 0;
        for (const timeout of [0, 1, 2, 4, 8, 16, ...Array<null>(20).fill(null)]) {
          for (const [fd, flags] of poll.poll({ timeout })) {
            expect(fd).toBe(read);
            if ((flags & POLLIN) !== 0) text += calls.receive(read, 100, -1);
            else if ((flags & POLLHUP) !== 0) return text;
          }
        }
        throw new Error("no end was told");
      });
      for (let i = 0; i < 5; i++) {
        calls.send(write, Buffer.from("testing...\n"), 0);
        sleep(10);
      }
      calls.close(write);
      expect(rounds.get(SOON)).toBe(55);
      calls.close(read);
    }),
  );

  it(
    "refuses events that are none (test_poll3)",
    green(() => {
      const poll = new Poll();
      poll.register(0, 1);
      for (const wrong of [-1, 0x1_0000, 2 ** 32, 2 ** 64, 1.5, "1"]) {
        expect(() => poll.register(0, wrong as never)).toThrow(RangeError);
        expect(() => poll.modify(0, wrong as never)).toThrow(RangeError);
      }
      expect(() => poll.poll({ timeout: -1 })).toThrow(RangeError);
      expect(() => poll.poll({ timeout: "x" } as never)).toThrow(TypeError);
    }),
  );

  it(
    "may be used by several greenlets at once (test_threaded_poll, which Python refuses)",
    green(() => {
      const [one, other] = calls.socketPair(1) as [number, number];
      const poll = new Poll();
      poll.register(one, POLLIN | POLLRDHUP);
      const waiting = [1, 2].map(() => spawn(() => poll.poll(SOON)));
      sleep(1);
      calls.send(other, X, 0);
      for (const greenlet of waiting) expect(greenlet.get()).toEqual([[one, POLLIN]]);
      calls.close(other);
      const ended = POLLIN | POLLHUP | POLLRDHUP;
      expect(poll.poll(SOON)).toEqual([[one, ended]]);
      calls.close(one);
    }),
  );

  it(
    "waits until something comes, without a time (test_poll_blocks_with_negative_ms)",
    green(() => {
      const [one, other] = calls.socketPair(1) as [number, number];
      const poll = new Poll();
      poll.register(one, 0); // nothing but an error or the end
      calls.send(other, X, 0);
      const waiting = spawn(() => poll.poll());
      sleep(50);
      expect(waiting.ready).toBe(false);
      calls.close(other);
      const [[fd, events] = []] = waiting.get(SOON);
      expect([fd, (events as number) & (POLLHUP | POLLERR)]).toEqual([one, POLLHUP]);
      calls.close(one);
    }),
  );
});

describeBlockingCalls(
  [
    {
      name: "Poll.poll",
      gives: [],
      blocked: () => {
        const pair = calls.socketPair(1) as [number, number];
        const poll = new Poll();
        poll.register(pair[0], POLLIN);
        return {
          call: (options) => poll.poll(options),
          end: () => pair.forEach((fd) => calls.close(fd)),
        };
      },
    },
  ],
  { describe, it },
);
