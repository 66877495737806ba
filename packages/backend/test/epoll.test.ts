// What CPython's test_epoll asks of select.epoll(), in greenlets.
import { readFileSync } from "node:fs";
import {
  Epoll,
  EPOLLERR,
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EPOLLONESHOT,
  EPOLLOUT,
  EPOLLRDHUP,
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

/** Runs with an epoll and the numbers of two connected sockets. */
function withAll(fn: (epoll: Epoll, one: number, other: number) => void): () => Promise<void> {
  return green(() => {
    const epoll = new Epoll();
    const [one, other] = calls.socketPair(1) as [number, number];
    try {
      fn(epoll, one, other);
    } finally {
      epoll.close();
      calls.close(one);
      calls.close(other);
    }
  });
}

describe("Epoll", () => {
  it(
    "has a descriptor that is not inherited, and is closed once (test_create, test_close)",
    withAll((epoll) => {
      expect(epoll.fd).toBeGreaterThan(2);
      expect(epoll.closed).toBe(false);
      expect(readFileSync(`/proc/self/fdinfo/${epoll.fd}`, "utf8")).toMatch(/^flags:\s+0200\d/m);
      epoll.close();
      epoll.close();
      expect([epoll.closed, epoll.fd]).toEqual([true, -1]);
      for (const call of [
        () => epoll.register(0),
        () => epoll.modify(0, EPOLLIN),
        () => epoll.unregister(0),
        () => epoll.poll(),
      ]) {
        expect(codeOf(call)).toBe("ERR_GREENLIT_DESCRIPTOR_CLOSED");
      }
    }),
  );

  it(
    "is closed at the end of a block (test_context_manager)",
    green(() => {
      let kept: Epoll;
      {
        using epoll = new Epoll();
        kept = epoll;
        expect(epoll.closed).toBe(false);
      }
      expect(kept.closed).toBe(true);
    }),
  );

  it(
    "adds numbers and objects, and refuses what it cannot (test_add, test_errors)",
    withAll((epoll, one, other) => {
      epoll.register(one, EPOLLIN | EPOLLOUT);
      epoll.register({ fd: other }, EPOLLIN | EPOLLOUT);
      expect(codeOf(() => epoll.register({ fileno: () => one }))).toBe("EEXIST");
      for (const wrong of [{}, "spam", null]) {
        expect(() => epoll.register(wrong as never)).toThrow(TypeError);
      }
      expect(() => epoll.register(-1)).toThrow(RangeError);
      expect(() => epoll.register(one, 2 ** 32)).toThrow(RangeError);
      expect(codeOf(() => epoll.register(10_000, EPOLLIN))).toBe("EBADF");
      expect(codeOf(() => epoll.modify(epoll.fd, EPOLLIN))).toBe("EINVAL");
      epoll.unregister(one);
      expect(codeOf(() => epoll.unregister(one))).toBe("ENOENT");
      expect(codeOf(() => epoll.modify(one, EPOLLIN))).toBe("ENOENT");
      expect(() => epoll.poll({ maxEvents: 0 })).toThrow(RangeError);
      expect(() => epoll.poll({ maxEvents: -2 })).toThrow(RangeError);
      expect(() => epoll.poll({ timeout: -2 })).toThrow(RangeError);
      expect(codeOf(() => epoll.poll({ maxEvnts: 1 } as never))).toBeUndefined();
    }),
  );

  it(
    "tells each change once when edge-triggered (test_control_and_wait)",
    withAll((epoll, one, other) => {
      epoll.register(one, EPOLLIN | EPOLLOUT | EPOLLET);
      epoll.register(other, EPOLLIN | EPOLLOUT | EPOLLET);
      const sorted = (): [number, number][] =>
        epoll.poll({ timeout: 100, maxEvents: 4 }).sort(([a], [b]) => a - b);
      const both = [
        [one, EPOLLOUT],
        [other, EPOLLOUT],
      ].sort(([a = 0], [b = 0]) => a - b);
      expect(sorted()).toEqual(both);
      expect(sorted()).toEqual([]);
      calls.send(one, X, 0);
      expect(epoll.poll({ ...SOON, maxEvents: 4 })).toEqual([[other, EPOLLIN | EPOLLOUT]]);
      epoll.unregister(one);
      epoll.modify(other, EPOLLOUT);
      expect(epoll.poll(SOON)).toEqual([[other, EPOLLOUT]]);
    }),
  );

  it(
    "gives no more than maxEvents, and one shot only once",
    withAll((epoll, one, other) => {
      epoll.register(one, EPOLLOUT | EPOLLONESHOT);
      epoll.register(other, EPOLLOUT | EPOLLONESHOT);
      const [first] = epoll.poll({ ...SOON, maxEvents: 1 });
      const [second] = epoll.poll(SOON);
      expect([first?.[0], second?.[0]].sort()).toEqual([one, other].sort());
      expect(epoll.poll({ timeout: 1 })).toEqual([]);
    }),
  );

  it(
    "blocks only the greenlet, until something comes or it is closed",
    withAll((epoll, one, other) => {
      epoll.register(one, EPOLLIN | EPOLLRDHUP);
      const waiting = spawn(() => epoll.poll());
      sleep(20);
      expect(waiting.ready).toBe(false);
      calls.shutdown(other, 1);
      expect(waiting.get(SOON)).toEqual([[one, EPOLLIN | EPOLLRDHUP]]);
      epoll.modify(one, 0);
      expect(epoll.poll({ timeout: 1 })).toEqual([]);
      const closed = spawn(() => codeOf(() => epoll.poll()));
      sleep(1);
      epoll.close();
      expect(closed.get(SOON)).toBe("ERR_GREENLIT_DESCRIPTOR_CLOSED");
      expect(EPOLLERR | EPOLLHUP).toBe(0x18);
    }),
  );

  it(
    "refuses to unregister what is closed (test_unregister_closed)",
    green(() => {
      using epoll = new Epoll();
      const [one, other] = calls.socketPair(1) as [number, number];
      epoll.register(one);
      calls.close(one);
      expect(codeOf(() => epoll.unregister(one))).toBe("EBADF");
      calls.close(other);
    }),
  );
});

describeBlockingCalls(
  [
    {
      name: "Epoll.poll",
      gives: [],
      blocked: () => {
        const epoll = new Epoll();
        return { call: (options) => epoll.poll(options), end: () => epoll.close() };
      },
    },
  ],
  { describe, it },
);
