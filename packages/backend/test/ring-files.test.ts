// Files of the driver `uring`: what Node's own functions give, and what is left by a call that is
// interrupted.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run, sleep, spawn, Timeout } from "@greenlit/core";
import { strayNames } from "@greenlit/testing/blocking-calls";
import { type BlockingCall, describeBlockingCalls } from "@greenlit/testing/blocking-calls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FileOperations } from "../src/file-operations.js";
import { availableBackends } from "../src/open.js";
import { RingBackend } from "../src/ring.js";

const { constants } = fs;
const reason = availableBackends().find(({ name }) => name === "uring")?.reason ?? null;
/** Milliseconds: a call that must not wait has come back by then, on any machine. */
const SOON = { timeout: 20_000 } as const;

if (reason !== null) it.skip(`uring: ${reason}`, () => {});

describe.skipIf(reason !== null)("files of uring", () => {
  let folder = "";
  let backend: RingBackend;
  let files: FileOperations;
  const at = (name: string): string => join(folder, name);

  beforeAll(() => {
    folder = fs.mkdtempSync(join(tmpdir(), "greenlit-"));
    backend = new RingBackend();
    files = backend.files;
    fs.writeFileSync(at("empty"), "");
    fs.writeFileSync(at("small"), "some text");
    fs.writeFileSync(at("large"), Buffer.alloc(3_000_000, "large"));
    fs.symlinkSync("small", at("link"));
    fs.writeFileSync(at("huge"), "");
    fs.truncateSync(at("huge"), 2 ** 31);
  });
  afterAll(() => {
    expect(backend.stats()).toMatchObject({ waiting: 0, underWay: 0 });
    expect(backend.ring.operations.size).toBe(0);
    backend.close();
    fs.rmSync(folder, { recursive: true });
  });

  it("reads whole files as readFileSync does", () =>
    run(() => {
      for (const path of [at("empty"), at("small"), at("large"), at("link"), "/proc/self/maps"]) {
        const ours = files.readFile(path, constants.O_RDONLY, "readFile");
        if (path.startsWith("/proc")) expect(String(ours)).toMatch(/\[stack\]/);
        else expect(ours.equals(fs.readFileSync(path))).toBe(true);
        const bytes = Buffer.from(path);
        expect(files.readFile(bytes, constants.O_RDONLY, "readFile").length).toBeGreaterThan(-1);
      }
      for (const path of [at("none"), at("small/x"), folder, at("huge"), "", at("\u{1f600}")]) {
        expect(errorOf(() => files.readFile(path, constants.O_RDONLY, "readFile"))).toEqual(
          errorOf(() => fs.readFileSync(path)),
        );
      }
    }));

  it("opens, writes, reads, syncs and closes as the Sync functions do", () =>
    run(() => {
      const { O_CREAT, O_EXCL, O_RDWR, O_RDONLY } = constants;
      const fd = files.open(at("new"), O_RDWR | O_CREAT | O_EXCL, 0o640, "open");
      const data = Buffer.from("0123456789");
      expect(files.write(fd, data, 2, 5, null, "write")).toBe(5);
      expect(files.write(fd, data, 0, 1, 9, "write")).toBe(1);
      files.fsync(fd, "fsync");
      files.fdatasync(fd, "fdatasync");
      const into = Buffer.alloc(20, ".");
      expect(files.read(fd, into, 3, 10, 0, "read")).toBe(10);
      expect(String(into)).toBe("...23456\x00\x00\x00\x000.......");
      expect(files.read(fd, into, 0, 20, null, "read")).toBe(5);
      expect(files.read(fd, into, 0, 20, 100, "read")).toBe(0);
      expect(fs.fstatSync(fd).mode & 0o777).toBe(0o640);
      files.close(fd, "close");
      const failing: [() => unknown, () => unknown][] = [
        [
          () => files.open(at("new"), O_RDWR | O_CREAT | O_EXCL, 0o600, "open"),
          () => fs.openSync(at("new"), "wx"),
        ],
        [() => files.open(at("none"), O_RDONLY, 0, "open"), () => fs.openSync(at("none"), "r")],
        [() => files.close(fd, "close"), () => fs.closeSync(fd)],
        [() => files.fsync(fd, "fsync"), () => fs.fsyncSync(fd)],
        [() => files.fdatasync(fd, "fdatasync"), () => fs.fdatasyncSync(fd)],
        [() => files.fstat(fd, "fstat"), () => fs.fstatSync(fd)],
        [() => files.read(fd, into, 0, 20, 0, "read"), () => fs.readSync(fd, into, 0, 20, 0)],
        [() => files.write(fd, into, 0, 20, 0, "write"), () => fs.writeSync(fd, into, 0, 20, 0)],
      ];
      for (const [ours, nodes] of failing) expect(errorOf(ours)).toEqual(errorOf(nodes));
    }));

  it("tells what statSync tells", () =>
    run(() => {
      for (const path of [at("small"), at("link"), folder, "/dev/null", "/proc/self", "/"]) {
        expect(files.stat(path, "stat")).toStrictEqual(fs.statSync(path));
        expect(files.lstat(path, "lstat")).toStrictEqual(fs.lstatSync(path));
      }
      const fd = fs.openSync(at("large"), "r");
      const stats = files.fstat(fd, "fstat");
      expect(stats).toStrictEqual(fs.fstatSync(fd));
      expect([stats.isFile(), stats.isDirectory(), stats.size]).toEqual([true, false, 3_000_000]);
      expect(stats.mtime).toEqual(fs.fstatSync(fd).mtime);
      fs.closeSync(fd);
      expect(errorOf(() => files.stat(at("none"), "stat"))).toEqual(
        errorOf(() => fs.statSync(at("none"))),
      );
      expect(errorOf(() => files.lstat(at("none"), "lstat"))).toEqual(
        errorOf(() => fs.lstatSync(at("none"))),
      );
    }));

  it("refuses nonsense before it does anything", () =>
    run(() => {
      const wrong: (() => unknown)[] = [
        () => files.open(1 as never, 0, 0, "open"),
        () => files.open("a\0b", 0, 0, "open"),
        () => files.stat(null as never, "stat"),
        () => files.read(0, "text" as never, 0, 1, 0, "read"),
        () => files.read(0, Buffer.alloc(3), 2, 2, 0, "read"),
        () => files.read(0, Buffer.alloc(3), -1, 2, 0, "read"),
        () => files.write(0, Buffer.alloc(3), 0, 4, 0, "write"),
        () => files.readFile("x", 0, "readFile", { timeout: -1 }),
      ];
      for (const call of wrong) expect(call).toThrow(/must be/);
      expect(backend.stats().underWay).toBe(0);
    }));

  it("ends an operation that nobody waits for any more", () =>
    run(() => {
      // Opening it waits until somebody opens the other end.
      spawnSync("mkfifo", [at("fifo")]);
      const before = fs.readdirSync("/proc/self/fd").length;
      for (const call of [
        () => files.readFile(at("fifo"), constants.O_RDONLY, "readFile", { timeout: 1 }),
        () => files.open(at("fifo"), constants.O_RDONLY, 0, "open", { timeout: 1 }),
      ]) {
        expect(call).toThrow(Timeout);
        const killed = spawn(() => files.readFile(at("fifo"), constants.O_RDONLY, "readFile"));
        sleep(1);
        killed.kill();
      }
      until(() => backend.stats().underWay === 0);
      // Killed when it is as good as done: nobody is left to close what it has opened.
      for (let i = 0; i < 200; i++) {
        const opening = spawn(() => files.open(at("small"), constants.O_RDONLY, 0, "open"));
        const reading = spawn(() => files.readFile(at("large"), constants.O_RDONLY, "readFile"));
        sleep(0);
        if (i % 2 === 0) setImmediate(() => {});
        for (const each of [opening, reading]) each.kill(undefined, { block: false });
        opening.join();
        reading.join();
        if (typeof opening.value === "number") fs.closeSync(opening.value);
      }
      until(() => backend.stats().underWay === 0);
      expect(backend.ring.operations.size).toBe(0);
      expect(fs.readdirSync("/proc/self/fd").length).toBe(before);
    }));

  describe("the contract of blocking calls", () => {
    const fifo = (): string => {
      const path = at(`fifo-${fs.readdirSync(folder).length}`);
      spawnSync("mkfifo", [path]);
      return path;
    };
    const waits = (
      name: string,
      call: (path: string, options: object | undefined) => unknown,
    ): BlockingCall => ({
      name: `files.${name}`,
      blocked: () => {
        const path = fifo();
        return {
          call: (options) => call(path, options),
          end: () => fs.closeSync(fs.openSync(path, constants.O_RDWR | constants.O_NONBLOCK)),
        };
      },
    });
    const table: BlockingCall[] = [
      waits("open", (path, o) => files.open(path, constants.O_RDONLY, 0, "files.open", o)),
      waits("readFile", (path, o) => files.readFile(path, constants.O_RDONLY, "files.readFile", o)),
    ];
    // describeBlockingCalls needs a place to begin: only these two can be made to wait.
    describeBlockingCalls(table, { describe, it });

    it("has a method for each of its operations", () => {
      const names = ["open", "close", "read", "write", "fsync", "fdatasync", "stat", "lstat"];
      const own = ["begin", "ask", "stats"];
      const prototype = Object.getPrototypeOf(files) as object;
      const { missing } = strayNames(prototype, [...names, "fstat", "readFile"], own);
      expect(missing).toEqual([]);
    });
  });
});

function until(holds: () => boolean): void {
  const end = performance.now() + SOON.timeout;
  while (!holds()) {
    if (performance.now() > end) throw new Error("it does not come about");
    sleep(1);
  }
}

/** What it throws, as far as a program can see. */
function errorOf(fn: () => unknown): unknown {
  try {
    fn();
  } catch (error) {
    const { name, message } = error as Error;
    return { name, message, ...(error as object) };
  }
  return null;
}
