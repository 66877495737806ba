// What CPython's test_select asks of select.select(), in greenlets.
import { spawn as spawnChild } from "node:child_process";
import { type FileLike, select, system } from "@greenlit/backend";
import { sleep, spawn } from "@greenlit/core";
import { green, thrownBy } from "@greenlit/testing";
import { describeBlockingCalls } from "@greenlit/testing/blocking-calls";
import { describe, expect, it } from "vitest";

const calls = system();
const X = Buffer.from("x");
const SOON = { timeout: 20_000 };

/** Runs with the numbers of two connected sockets, and closes what is still open. */
function withPair(fn: (one: number, other: number) => void): () => Promise<void> {
  return green(() => {
    const [one, other] = calls.socketPair(1) as [number, number];
    try {
      fn(one, other);
    } finally {
      calls.close(one);
      calls.close(other);
    }
  });
}

describe("select", () => {
  it(
    "refuses what has no descriptor, and times that are none (test_error_conditions)",
    green(() => {
      const bad = (...args: unknown[]): unknown =>
        thrownBy(() => (select as (...args: unknown[]) => unknown)(...args));
      expect(bad(1, 2, 3)).toBeInstanceOf(TypeError);
      expect(bad([{}], [], [])).toBeInstanceOf(TypeError);
      expect(bad([{ fileno: () => "fileno" }], [], [])).toBeInstanceOf(TypeError);
      expect(bad(["1"], [], [])).toBeInstanceOf(TypeError);
      expect(bad([], [], [], { timeout: "not a number" })).toBeInstanceOf(TypeError);
      expect(bad([-1], [], [])).toBeInstanceOf(RangeError);
      expect(bad([], [], [], { timeout: -1 })).toBeInstanceOf(RangeError);
    }),
  );

  it(
    "says EBADF for one that is closed (test_errno)",
    withPair((one, other) => {
      calls.close(other);
      const error = thrownBy(() => select([one, other], [], [], SOON)) as NodeJS.ErrnoException;
      expect(error.code).toBe("EBADF");
      expect(error.stack).toContain("select.test.ts");
    }),
  );

  it(
    "gives three lists that are not the same (test_returned_list_identity)",
    green(() => {
      const [r, w, x] = select([], [], [], { timeout: 1 });
      expect([r, w, x]).toEqual([[], [], []]);
      expect(new Set([r, w, x] as unknown[]).size).toBe(3);
    }),
  );

  it(
    "tells what a child has written, again and again, until its end (test_select)",
    green(() => {
      const [read, write] = calls.socketPair(1) as [number, number];
      const code = `let i = 0; const t = setInterval(() => {
        console.log("testing...");
        if (++i === 5) clearInterval(t);
      }, 20);`;
      const child = spawnChild(process.execPath, ["-e", code], {
        stdio: ["ignore", write, "ignore"],
      });
      calls.close(write);
      let text = "";
      for (const timeout of [0, 1, 2, 4, 8, 16, ...Array<null>(100).fill(null)]) {
        const [r, w, x] = select([read], [], [], { timeout });
        expect([w, x]).toEqual([[], []]);
        if (r.length === 0) continue;
        expect(r).toEqual([read]);
        const data = Buffer.alloc(100);
        const count = calls.receive(read, 100, -1);
        if (count === 0) break;
        text += "x".repeat(count);
        expect(data.length).toBe(100);
      }
      expect(text.length).toBe(5 * "testing...\n".length);
      calls.close(read);
      expect(child.pid).toBeGreaterThan(0);
    }),
  );

  it(
    "takes the lists as they were when it was called (test_select_mutated)",
    withPair((one, other) => {
      const files: FileLike[] = [];
      const fileno = (): number => {
        files.length = 0;
        return other;
      };
      files.push({ fileno }, { fd: one });
      calls.send(one, X, 0);
      const [first] = files;
      expect(select(files, [], [], SOON)).toEqual([[first], [], []]);
    }),
  );

  it(
    "takes numbers and objects, and gives back what it was given",
    withPair((one, other) => {
      const [a, b] = [{ fd: one }, { fileno: () => other }];
      expect(select([], [a, b], [], SOON)).toEqual([[], [a, b], []]);
      calls.send(one, X, 0);
      const [r, w] = select([a, b, other], [a], [a], SOON);
      expect([r, w]).toEqual([[b, other], [a]]);
    }),
  );

  it(
    "tells the end of the stream as something to read",
    withPair((one, other) => {
      const waiting = spawn(() => select([one], [], [], SOON));
      sleep(1);
      expect(waiting.ready).toBe(false);
      calls.shutdown(other, 1);
      expect(waiting.get()).toEqual([[one], [], []]);
    }),
  );

  it(
    "waits without using the processor for what does not concern it",
    withPair((one, other) => {
      calls.send(one, X, 0); // something to read, and only urgent data is waited for
      const { user: before } = process.cpuUsage();
      const [start, used] = [performance.now(), process.cpuUsage()];
      expect(select([], [], [other], { timeout: 300 })).toEqual([[], [], []]);
      const { user, system: kernel } = process.cpuUsage(used);
      expect((user + kernel) / 1000 / (performance.now() - start)).toBeLessThan(0.5);
      expect(before).toBeGreaterThan(0);
    }),
  );

  it(
    "lets many greenlets wait for the same descriptor",
    withPair((one, other) => {
      const waiting = Array.from({ length: 5 }, () => spawn(() => select([one], [], [], SOON)));
      sleep(1);
      expect(waiting.some(({ ready }) => ready)).toBe(false);
      calls.send(other, X, 0);
      for (const greenlet of waiting) expect(greenlet.get()).toEqual([[one], [], []]);
    }),
  );

  it(
    "has no FD_SETSIZE",
    green(() => {
      const fds: number[] = [];
      while (Math.max(0, ...fds) < 1100) fds.push(...(calls.socketPair(1) as [number, number]));
      const [one, other] = fds.slice(-2) as [number, number];
      calls.send(one, X, 0);
      expect(select(fds, [], [], SOON)).toEqual([[other], [], []]);
      for (const fd of fds) calls.close(fd);
    }),
  );
});

describeBlockingCalls(
  [
    {
      name: "select",
      gives: [[], [], []],
      blocked: () => {
        const pair = calls.socketPair(1) as [number, number];
        return {
          call: (options) => select([pair[0]], [], [pair[0]], options),
          end: () => pair.forEach((fd) => calls.close(fd)),
        };
      },
      easy: () => {
        const pair = calls.socketPair(1) as [number, number];
        calls.send(pair[0], X, 0);
        return {
          call: (options) =>
            calls.receive(select([pair[1]], [], [], options)[0][0] as number, 1, -1),
          state: () => calls.available(pair[1]),
          end: () => pair.forEach((fd) => calls.close(fd)),
        };
      },
    },
  ],
  { describe, it },
);
