import { execFileSync } from "node:child_process";
import nodeFs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { joinAll, sleep, spawn } from "@greenlit/core";
import { cachedKind, kindAt, kindOf, readCached, readNow } from "@greenlit/backend/files";
import { green } from "@greenlit/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LATER, quickly } from "../src/at-once.js";
import * as fs from "../src/index.js";

let root: string;
beforeEach(() => {
  root = nodeFs.realpathSync(nodeFs.mkdtempSync(join(tmpdir(), "greenlit-at-once-")));
});
afterEach(() => nodeFs.rmSync(root, { recursive: true }));

/** How many greenlets are at once inside of a call that each of 50 makes. */
function overlap(call: (i: number) => unknown): number {
  let [inside, most] = [0, 0];
  joinAll(
    Array.from({ length: 50 }, (_, i) =>
      spawn(() => {
        most = Math.max(most, ++inside);
        call(i);
        inside--;
      }),
    ),
  );
  return most;
}

const file = (name: string, data: string | Buffer = "hello"): string => {
  const path = join(root, name);
  nodeFs.writeFileSync(path, data);
  return path;
};

/** Has the kernel forget the pages of a file. False where it does not, or does not tell. */
function forget(path: string): boolean {
  try {
    // dd(1): with a count of 0 this drops the cache of the whole file.
    const options = [`of=${path}`, "oflag=nocache", "conv=notrunc,fdatasync", "count=0"];
    execFileSync("dd", options, { stdio: "ignore" });
    return Number(execFileSync("fincore", ["--noheadings", "--bytes", "-o", "RES", path])) === 0;
  } catch {
    return false;
  }
}

const known = kindAt(tmpdir()) !== null && cachedKind(tmpdir(), true) !== null;
const skipped = known ? "" : " (skipped: the kernel does not say here what is in memory)";

describe.skipIf(!known)(`what is in memory${skipped}`, () => {
  it("tells what stands at a path, from the kernel's caches", () => {
    const path = file("a");
    nodeFs.symlinkSync("nowhere", join(root, "link"));
    execFileSync("mkfifo", [join(root, "fifo")]);
    nodeFs.truncateSync(file("large"), 5 * 1024 * 1024);
    const paths = ["a", "link", "fifo", "large", "."].map((name) => join(root, name));
    expect(paths.map(kindAt)).toEqual(["file", "missing", "other", "large", "folder"]);
    for (const one of paths) nodeFs.lstatSync(one);
    expect(paths.map((one) => cachedKind(one, false))).toEqual([
      "file",
      "other",
      "other",
      "large",
      "folder",
    ]);
    expect(kindAt(`${path}/below`)).toBe("missing");
    for (const bad of ["", "a\0b", "x".repeat(5000)]) {
      expect([kindAt(bad), cachedKind(bad, true)]).toEqual([null, null]);
    }
    expect(kindAt("/proc/self/status")).toBe(null);
  });

  it("reads a file whole or not at all", () => {
    const text = "häuser ".repeat(50_000);
    const [short, long] = [file("short"), file("long", text)];
    for (const isKnown of [false, true]) {
      expect(readCached(short, "latin1", isKnown)).toBe("hello");
      expect(readCached(short, undefined, isKnown)).toEqual(Buffer.from("hello"));
      expect(readCached(long, "utf8", isKnown)).toBe(text);
      expect(readCached(file("empty", ""), undefined, isKnown)).toEqual(Buffer.alloc(0));
      expect(readCached(root, undefined, isKnown)).toBe(null);
      const none = join(root, "none");
      expect([null, undefined]).toContain(readCached(none, undefined, isKnown));
      expect(readCached("/proc/self/status", undefined, isKnown)).toBe(null);
      expect(readCached(file("large", Buffer.alloc(5 << 20)), undefined, isKnown)).toBe(null);
    }
  });

  it("gives each reader memory of its own", () => {
    const path = file("a");
    const one = readCached(path, undefined, false) as Buffer;
    one.fill("x");
    expect(readCached(path, "latin1", false)).toBe("hello");
  });

  it("does not open what only looks like a file a moment ago", () => {
    const path = join(root, "fifo");
    execFileSync("mkfifo", [path]);
    expect(readCached(path, undefined, true)).toBe(null);
  });

  it("reads from a descriptor as read(2) does, or changes nothing", () => {
    const fd = nodeFs.openSync(file("a", "0123456789"), "r");
    const buffer = Buffer.alloc(8, "-");
    try {
      expect(kindOf(fd)).toBe("file");
      expect(readNow(fd, buffer, 2, 4, -1)).toBe(4);
      expect(buffer.toString()).toBe("--0123--");
      expect(readNow(fd, buffer, 0, 8, 5)).toBe(5);
      expect(readNow(fd, buffer, 0, 8, -1)).toBe(6);
      expect(readNow(fd, buffer, 0, 8, -1)).toBe(0);
      expect(kindOf(2 ** 20)).toBe(null);
    } finally {
      nodeFs.closeSync(fd);
    }
  });

  it("knows when pages are gone", (test) => {
    const path = file("cold", Buffer.alloc(100_000, "x"));
    if (!forget(path)) test.skip("the file system under the temporary folder keeps all in memory");
    const fd = nodeFs.openSync(path, "r");
    try {
      expect(readNow(fd, Buffer.alloc(100_000), 0, 100_000, -1)).toBe(null);
      const all = Buffer.alloc(100_000);
      expect(nodeFs.readSync(fd, all, 0, 100_000, null)).toBe(100_000); // it stood where it did
    } finally {
      nodeFs.closeSync(fd);
    }
    expect(readCached(path, "latin1", false)).toBe("x".repeat(100_000));
  });
});

it("a call that took long sends those to the pool that are made soon after it", () => {
  const quick = (): string => "made";
  const busy = (): string => {
    for (const end = performance.now() + 5; performance.now() < end;);
    return "made";
  };
  expect(quickly(quick, [], Infinity)).toBe("made"); // whatever was before
  const start = performance.now();
  while (quickly(busy) === LATER);
  expect(quickly(quick, [], start + 5)).toBe(LATER);
  expect(quickly(quick, [], Infinity)).toBe("made");
});

describe.skipIf(!known)(`calls made at once${skipped}`, () => {
  it(
    "do not leave the thread for what is in memory",
    green(() => {
      const path = file("a");
      const url = pathToFileURL(path);
      const calls: Record<string, () => unknown> = {
        readFileSync: () => fs.readFileSync(path, "utf8"),
        "readFileSync of a URL": () => fs.readFileSync(url),
        statSync: () => fs.statSync(path),
        lstatSync: () => fs.lstatSync(path),
        accessSync: () => fs.accessSync(url),
        existsSync: () => fs.existsSync(path),
        realpathSync: () => fs.realpathSync(path),
      };
      for (const call of Object.values(calls)) call(); // looks all up
      // A busy machine may hold up a call, and then some of the next ones go to the pool.
      const often = (call: () => unknown): number => {
        let most = overlap(call);
        for (let i = 0; i < 200 && most > 1; i++) {
          sleep(5);
          most = overlap(call);
        }
        return most;
      };
      const inside = Object.entries(calls).map(([name, call]) => [name, often(call)]);
      expect(Object.fromEntries(inside)).toEqual(
        Object.fromEntries(Object.keys(calls).map((name) => [name, 1])),
      );
    }),
  );

  it("leave it for a file that is not", async (test) => {
    await green(() => {
      const paths = Array.from({ length: 50 }, (_, i) =>
        file(String(i), Buffer.alloc(9000, `${i}`)),
      );
      if (!paths.every(forget)) test.skip("the file system here keeps all in memory");
      const found: string[] = [];
      const most = overlap((i) => {
        found[i] = fs.readFileSync(paths[i] as string, "latin1");
      });
      expect(most).toBeGreaterThan(1);
      expect(found).toEqual(paths.map((path) => nodeFs.readFileSync(path, "latin1")));
    })();
  });

  it(
    "wait in the pool for a reader or a writer at the other end",
    green(() => {
      const path = join(root, "fifo");
      execFileSync("mkfifo", [path]);
      fs.statSync(path);
      const writer = spawn(() => fs.writeFileSync(path, "from the writer"));
      const reader = spawn(() => fs.readFileSync(path, "utf8"));
      expect(reader.get()).toBe("from the writer");
      writer.get();
    }),
  );

  it(
    "see what others have changed",
    green(() => {
      const path = file("a", "one");
      for (const text of ["two", "three", ""]) {
        fs.readFileSync(path);
        fs.statSync(path);
        nodeFs.writeFileSync(path, text);
        expect(fs.readFileSync(path, "utf8")).toBe(text);
        expect(fs.statSync(path).size).toBe(text.length);
      }
      nodeFs.unlinkSync(path);
      expect(fs.existsSync(path)).toBe(false);
      nodeFs.mkdirSync(path);
      expect(fs.statSync(path).isDirectory()).toBe(true);
      fs.readdirSync(path);
      nodeFs.writeFileSync(join(path, "new"), "");
      expect(fs.readdirSync(path)).toEqual(["new"]);
    }),
  );
});
