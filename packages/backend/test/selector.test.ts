// What CPython's test_selectors asks of selectors.DefaultSelector, in greenlets.
import { closeSync, openSync } from "node:fs";
import { EVENT_READ, EVENT_WRITE, Selector, system } from "@greenlit/backend";
import { sleep, spawn } from "@greenlit/core";
import { green, thrownBy } from "@greenlit/testing";
import { describeBlockingCalls } from "@greenlit/testing/blocking-calls";
import { describe, expect, it } from "vitest";

const calls = system();
const SPAM = Buffer.from("spam");
const SOON = { timeout: 20_000 };
const BOTH = EVENT_READ | EVENT_WRITE;
const codeOf = (fn: () => unknown): string | undefined =>
  (thrownBy(fn) as NodeJS.ErrnoException).code;

/** Runs with a selector and two connected sockets. */
function withAll(
  fn: (selector: Selector<string>, read: number, write: number) => void,
): () => Promise<void> {
  return green(() => {
    const selector = new Selector<string>();
    const [read, write] = calls.socketPair(1) as [number, number];
    try {
      fn(selector, read, write);
    } finally {
      selector.close();
      calls.close(read);
      calls.close(write);
    }
  });
}

describe("Selector", () => {
  it(
    "register gives the key (test_register)",
    withAll((selector, read, write) => {
      const key = selector.register(read, EVENT_READ, "data");
      expect(key).toEqual({ fileobj: read, fd: read, events: EVENT_READ, data: "data" });
      expect(selector.getKey(read)).toBe(key);
      const file = { fileno: () => write };
      expect(selector.register(file, BOTH).fileobj).toBe(file);
      for (const wrong of [999_999, 0, -1, 4]) {
        expect(() => selector.register(0, wrong)).toThrow(RangeError);
      }
      expect(() => selector.register(-10, EVENT_READ)).toThrow(RangeError);
      expect(codeOf(() => selector.register(read, EVENT_READ))).toBe("EEXIST");
      // The same by another name (test_register_file_with_same_fd).
      expect(codeOf(() => selector.register({ fd: read }, EVENT_READ))).toBe("EEXIST");
      expect(codeOf(() => selector.register(10_000, EVENT_READ))).toBe("EBADF");
      expect(selector.getMap()?.size).toBe(2);
    }),
  );

  it(
    "refuses regular files, as epoll does (test_register_file)",
    withAll((selector) => {
      const fd = openSync(process.execPath, "r");
      expect(codeOf(() => selector.register(fd, EVENT_READ))).toBe("EPERM");
      expect(codeOf(() => selector.getKey(fd))).toBe("ENOENT");
      closeSync(fd);
    }),
  );

  it(
    "unregister gives the key, once (test_unregister)",
    withAll((selector, read) => {
      const key = selector.register(read, EVENT_READ);
      expect(selector.unregister(read)).toBe(key);
      expect(codeOf(() => selector.unregister(999_999))).toBe("ENOENT");
      expect(codeOf(() => selector.unregister(read))).toBe("ENOENT");
    }),
  );

  it(
    "unregister of what has been closed (test_unregister_after_fd_close)",
    green(() => {
      using selector = new Selector();
      const [one, other] = calls.socketPair(1) as [number, number];
      const file = { fd: one };
      selector.register(file, EVENT_READ);
      selector.register(other, EVENT_WRITE);
      calls.close(one);
      calls.close(other);
      file.fd = -1; // as that of an object that has been closed
      selector.unregister(file);
      selector.unregister(other);
      expect(selector.getMap()?.size).toBe(0);
    }),
  );

  it(
    "unregister of what has been closed, and its number used again (..._and_reuse)",
    green(() => {
      using selector = new Selector();
      const first = calls.socketPair(1) as [number, number];
      for (const fd of first) selector.register(fd, EVENT_READ);
      for (const fd of first) calls.close(fd);
      const second = calls.socketPair(1) as [number, number];
      expect([...second].sort()).toEqual([...first].sort());
      for (const fd of first) selector.unregister(fd);
      expect(selector.getMap()?.size).toBe(0);
      for (const fd of second) calls.close(fd);
    }),
  );

  it(
    "modify changes events and data (test_modify, test_modify_unregister)",
    withAll((selector, read) => {
      const key = selector.register(read, EVENT_READ);
      const second = selector.modify(read, EVENT_WRITE);
      expect(second).not.toEqual(key);
      expect(selector.getKey(read)).toBe(second);
      expect(selector.select(SOON)).toEqual([[second, EVENT_WRITE]]);
      const third = selector.modify(read, EVENT_WRITE, "data");
      expect(third).toMatchObject({ events: EVENT_WRITE, data: "data" });
      expect(selector.select(SOON)).toEqual([[third, EVENT_WRITE]]);
      expect(() => selector.modify(read, 0)).toThrow(RangeError);
      expect(codeOf(() => selector.modify(999_999, EVENT_READ))).toBe("ENOENT");
      expect(selector.getKey(read)).toBe(third);
    }),
  );

  it(
    "close forgets all (test_close)",
    withAll((selector, read, write) => {
      selector.register(read, EVENT_READ);
      selector.register(write, EVENT_WRITE);
      selector.close();
      selector.close();
      expect(selector.getMap()).toBeNull();
      for (const call of [
        () => selector.getKey(read),
        () => selector.register(read, EVENT_READ),
        () => selector.unregister(read),
        () => selector.select(),
      ]) {
        expect(codeOf(call)).toBe("ERR_GREENLIT_DESCRIPTOR_CLOSED");
      }
    }),
  );

  it(
    "getKey and getMap tell what is there (test_get_key, test_get_map)",
    withAll((selector, read) => {
      const keys = selector.getMap();
      expect(keys?.size).toBe(0);
      const key = selector.register(read, EVENT_READ, "data");
      expect(selector.getKey(read)).toBe(key);
      expect(codeOf(() => selector.getKey(999_999))).toBe("ENOENT");
      expect([...(keys ?? [])]).toEqual([[read, key]]);
      expect(keys?.has(999_999)).toBe(false);
    }),
  );

  it(
    "select tells what is ready (test_select, test_select_read_write)",
    withAll((selector, read, write) => {
      const reader = selector.register(read, EVENT_READ);
      const writer = selector.register(write, EVENT_WRITE);
      expect(selector.select(SOON)).toEqual([[writer, EVENT_WRITE]]);
      calls.send(write, SPAM, 0);
      const sorted = selector.select(SOON).sort(([a], [b]) => a.events - b.events);
      expect(sorted).toEqual([
        [reader, EVENT_READ],
        [writer, EVENT_WRITE],
      ]);
      selector.unregister(write);
      const both = selector.modify(read, BOTH);
      expect(selector.select(SOON)).toEqual([[both, BOTH]]);
      // The end: both directions find out.
      selector.modify(read, EVENT_READ);
      calls.shutdown(write, 2);
      expect(selector.select(SOON)[0]?.[1]).toBe(EVENT_READ);
    }),
  );

  it(
    "is closed at the end of a block (test_context_manager)",
    green(() => {
      let kept: Selector;
      {
        using selector = new Selector();
        kept = selector;
      }
      expect(kept.getMap()).toBeNull();
    }),
  );

  it(
    "echoes through many sockets (test_selector)",
    green(() => {
      const selector = new Selector();
      const pairs = Array.from({ length: 12 }, () => calls.socketPair(1) as [number, number]);
      for (const [read, write] of pairs) {
        selector.register(read, EVENT_READ);
        selector.register(write, EVENT_WRITE);
      }
      let left = pairs;
      while (left.length > 0) {
        const [read, write] = left[Math.floor(Math.random() * left.length)] as [number, number];
        const ready = selector.select(SOON);
        expect(ready.map(([{ fd }]) => fd).sort()).toEqual(left.map(([, fd]) => fd).sort());
        calls.send(write, SPAM, 0);
        const readers = selector.select(SOON).filter(([, events]) => events === EVENT_READ);
        expect(readers.map(([{ fd }]) => fd)).toEqual([read]);
        expect(calls.receive(read, 100, -1)).toBe(4);
        for (const fd of [read, write]) {
          selector.unregister(fd);
          calls.close(fd);
        }
        left = left.filter(([fd]) => fd !== read);
      }
      expect(selector.select({ timeout: 0 })).toEqual([]);
      selector.close();
    }),
  );

  it(
    "keeps its time, and blocks only the greenlet (test_timeout, test_empty_select)",
    withAll((selector, read, write) => {
      expect(selector.select({ timeout: 0 })).toEqual([]);
      const key = selector.register(write, EVENT_WRITE);
      expect(selector.select({ timeout: 0 })).toEqual([[key, EVENT_WRITE]]);
      selector.unregister(write);
      const reader = selector.register(read, EVENT_READ);
      const start = performance.now();
      expect(selector.select({ timeout: 50 })).toEqual([]);
      expect(performance.now() - start).toBeGreaterThanOrEqual(49);
      const waiting = spawn(() => selector.select());
      sleep(5);
      expect(waiting.ready).toBe(false);
      // Interrupted by a signal, it goes on (test_select_interrupt_noraise).
      const told = new Promise((resolve) => process.once("SIGUSR2", resolve));
      process.kill(process.pid, "SIGUSR2");
      sleep(5);
      expect(waiting.ready).toBe(false);
      calls.send(write, SPAM, 0);
      expect(waiting.get(SOON)).toEqual([[reader, EVENT_READ]]);
      expect(told).toBeInstanceOf(Promise);
    }),
  );
});

describeBlockingCalls(
  [
    {
      name: "Selector.select",
      gives: [],
      blocked: () => {
        const selector = new Selector();
        return { call: (options) => selector.select(options), end: () => selector.close() };
      },
    },
  ],
  { describe, it },
);
