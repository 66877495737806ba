import { execFileSync } from "node:child_process";
import nodeFs from "node:fs";
import { join } from "node:path";
import { tmpdir } from "node:os";
import {
  BlockingSwitchOutError,
  GreenletExit,
  joinAll,
  run,
  sleep,
  spawn,
  Timeout,
  withTimeout,
} from "@greenlit/core";
import { green } from "@greenlit/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as fs from "../src/index.js";

let root: string;
let fifo: string;
beforeEach(() => {
  root = nodeFs.mkdtempSync(join(tmpdir(), "greenlit-fs-"));
  fifo = join(root, "fifo");
  execFileSync("mkfifo", [fifo]);
});
afterEach(() => nodeFs.rmSync(root, { recursive: true }));

/** The descriptors of this process that lead to `path`. */
function descriptorsOf(path: string): number {
  return nodeFs.readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return nodeFs.readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false;
    }
  }).length;
}

/** Sleeps until `condition` holds. */
function until(condition: () => boolean): void {
  while (!condition()) sleep(5);
}

/** Whether somebody has the FIFO open for reading, which `writer` has open for writing. */
function isRead(writer: number): boolean {
  try {
    return nodeFs.writeSync(writer, "x") === 1;
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toBe("EPIPE");
    return false;
  }
}

describe("a cooperative function", () => {
  it("refuses to run outside a greenlet", () => {
    expect(() => fs.statSync(root)).toThrow(BlockingSwitchOutError);
  });

  it("lets other greenlets run while it waits", async () => {
    const order: string[] = [];
    await green(() => {
      const reader = spawn(() => {
        order.push(fs.readFileSync(fifo, "utf8"));
      });
      const others = Array.from({ length: 100 }, (_, i) =>
        spawn(() => {
          fs.writeFileSync(join(root, String(i)), String(i));
          order.push(fs.readFileSync(join(root, String(i)), "utf8"));
        }),
      );
      joinAll(others);
      expect(reader.ready).toBe(false);
      fs.writeFileSync(fifo, "last");
      reader.get();
    })();
    expect(order).toHaveLength(101);
    expect(order.at(-1)).toBe("last");
    expect(
      order
        .slice(0, 100)
        .map(Number)
        .sort((a, b) => a - b),
    ).toEqual([...Array(100).keys()]);
  });

  it("overlaps a hundred greenlets", async () => {
    let inside = 0;
    let most = 0;
    await green(() =>
      joinAll(
        Array.from({ length: 100 }, () =>
          spawn(() => {
            inside += 1;
            most = Math.max(most, inside);
            fs.statfsSync(root); // is never made at once
            inside -= 1;
          }),
        ),
      ),
    )();
    expect(most).toBeGreaterThan(10); // the first may be done before the last begins
  });

  it(
    "gives errors the stack of the blocking caller",
    green(function theCaller() {
      let caught: unknown;
      try {
        fs.readFileSync(join(root, "none"));
      } catch (error) {
        caught = error;
      }
      const lines = (caught as Error).stack?.split("\n") ?? [];
      expect(lines[0]).toBe(`Error: ENOENT: no such file or directory, open '${root}/none'`);
      expect(lines[1]).toMatch(/theCaller/);
    }),
  );

  it("is not fooled by a patch on node:fs that calls it", async () => {
    const mutable = nodeFs as { stat: unknown };
    const { stat } = mutable;
    mutable.stat = () => {
      throw new Error("the patched function was called");
    };
    try {
      await run(() => expect(fs.statSync(root).isDirectory()).toBe(true));
    } finally {
      mutable.stat = stat;
    }
  });
});

describe("an interrupted call", () => {
  it("closes the descriptor that arrives after a kill", async () => {
    await green(() => {
      const opener = spawn(() => fs.openSync(fifo, "r"));
      sleep(20);
      opener.kill();
      expect(opener.dead).toBe(true);
      expect(opener.value).toBeInstanceOf(GreenletExit);
      const writer = fs.openSync(fifo, "w"); // lets the abandoned open(2) finish
      until(() => !isRead(writer));
      fs.closeSync(writer);
    })();
    expect(descriptorsOf(fifo)).toBe(0);
  });

  it(
    "closes the descriptor that arrives after a timeout",
    green(() => {
      expect(() => withTimeout(20, () => fs.openSync(fifo, "r"))).toThrow(Timeout);
      const writer = fs.openSync(fifo, "w");
      until(() => !isRead(writer));
      fs.closeSync(writer);
    }),
  );

  it(
    "removes the folder made for nobody",
    green(() => {
      const maker = spawn(() => fs.mkdtempSync(join(root, "tmp-")));
      spawn(() => maker.kill(undefined, { block: false }));
      maker.join();
      until(() => nodeFs.readdirSync(root).length === 1);
    }),
  );

  it(
    "keeps the number of a descriptor while an operation still runs on it",
    green(() => {
      const fd = fs.openSync(fifo, "r+"); // on Linux opens at once and reads until somebody writes
      const reader = spawn(() => fs.readSync(fd, Buffer.alloc(1)));
      sleep(20);
      reader.kill();
      const closer = spawn(() => fs.closeSync(fd));
      sleep(20);
      expect(closer.ready).toBe(false);
      expect(descriptorsOf(fifo)).toBe(1);
      nodeFs.writeSync(fd, "x"); // ends the abandoned read(2)
      closer.get();
      expect(descriptorsOf(fifo)).toBe(0);
    }),
  );
});
