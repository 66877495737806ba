import { spawn as spawnProcess } from "node:child_process";
import { createReadStream, createWriteStream, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable, Transform, Writable } from "node:stream";
import { createGzip, gunzipSync } from "node:zlib";
import { sleep, spawn, Timeout } from "@greenlit/core";
import { green, thrownBy } from "@greenlit/testing";
import { describe, expect, it } from "vitest";
import { blocking, SocketClosedError } from "../src/index.js";

describe("blocking", () => {
  it("is the same view of the same stream", () => {
    const stream = new PassThrough();
    expect(blocking(stream)).toBe(blocking(stream));
    stream.destroy();
  });

  it("refuses what is no stream", () => {
    for (const wrong of [undefined, null, "x", {}, [1], new Map()]) {
      expect(() => blocking(wrong as never)).toThrow("stream must be a stream of Node's, not ");
    }
  });

  it(
    "reads and writes files",
    green(() => {
      const folder = mkdtempSync(join(tmpdir(), "greenlit-"));
      const path = join(folder, "notes.txt");
      try {
        const out = blocking(createWriteStream(path));
        out.write("one\ntwo\n");
        out.end("three");
        expect(readFileSync(path, "utf8")).toBe("one\ntwo\nthree");
        const input = blocking(createReadStream(path));
        expect([input.readLine(), String(input.readUntil("o")), input.readLine()]).toEqual([
          "one",
          "two",
          "",
        ]);
        expect(String(input.readExactly(5))).toBe("three");
        expect([input.read(), input.read()]).toEqual([null, null]);
        const missing = thrownBy(function theCaller() {
          blocking(createReadStream(join(folder, "missing"))).read();
        }) as NodeJS.ErrnoException;
        expect([missing.code, missing.syscall]).toEqual(["ENOENT", "open"]);
        expect(missing.stack).toMatch(/theCaller/);
      } finally {
        rmSync(folder, { recursive: true });
      }
    }),
  );

  it(
    "carries both directions of a Duplex at once",
    green(() => {
      const gzip = blocking(createGzip());
      const reader = spawn(() => Buffer.concat([...gzip]));
      for (let i = 0; i < 100; i++) gzip.write("x".repeat(10_000));
      gzip.end();
      expect(gunzipSync(reader.get() as Buffer)).toHaveLength(1_000_000);
    }),
  );

  it(
    "speaks with a process",
    green(() => {
      const child = spawnProcess("cat");
      const [input, output] = [blocking(child.stdin), blocking(child.stdout)];
      input.write("through the cat\n");
      expect(output.readLine()).toBe("through the cat");
      input.end();
      expect(output.read()).toBe(null);
    }),
  );

  it(
    "gives objects one by one, falsy ones too, and takes them",
    green(() => {
      const doubling = new Transform({
        objectMode: true,
        transform: (value, _, done) => done(null, { value }),
      });
      const stream = blocking<{ value: unknown }>(doubling);
      for (const value of [1, "two", [3], 0, ""]) stream.write(value);
      expect(stream.read()).toEqual({ value: 1 });
      expect(() => stream.readLine()).toThrow("stream must be one of bytes for readLine");
      spawn(() => stream.end());
      expect([...stream].map(({ value }) => value)).toEqual(["two", [3], 0, ""]);
      const zeros = blocking<number>(Readable.from([0, 0]));
      expect([...zeros]).toEqual([0, 0]);
    }),
  );

  it(
    "gives strings after setEncoding",
    green(() => {
      const bytes = new PassThrough();
      bytes.setEncoding("utf8");
      bytes.write(Buffer.from([0xe2, 0x82]));
      bytes.end(Buffer.from([0xac]));
      expect([...blocking<string>(bytes)].join("")).toBe("\u20ac");
    }),
  );

  it(
    "holds a fast writer back",
    green(() => {
      let taken = 0;
      const slow = new Writable({
        highWaterMark: 10,
        write: (_chunk, _encoding, done) => {
          taken += 1;
          setTimeout(done, 5);
        },
      });
      const stream = blocking(slow);
      for (let i = 1; i <= 5; i++) {
        stream.write("x");
        expect(taken).toBe(i);
        expect(slow.writableLength).toBe(0);
      }
      stream.end();
    }),
  );

  it(
    "says which half there is not",
    green(() => {
      const out = blocking(new Writable({ write: (_a, _b, done) => done() }));
      expect(() => out.read()).toThrow("stream must be readable, not a Writable");
      const input = blocking(new Readable({ read() {} }));
      expect(() => input.write("x")).toThrow("stream must be writable, not a Readable");
      out.close();
      input.close();
    }),
  );

  it(
    "throws into who waits when it is closed, and was closed before",
    green(() => {
      const stream = new PassThrough();
      const view = blocking(stream);
      const reader = spawn(() => thrownBy(() => view.read()));
      sleep(0);
      view.close();
      expect(reader.get()).toBeInstanceOf(SocketClosedError);
      expect(view.closed).toBe(true);
      const gone = new PassThrough();
      gone.destroy();
      sleep(1);
      const late = blocking(gone);
      expect(() => late.read()).toThrow(SocketClosedError);
      expect(() => late.write("x")).toThrow(SocketClosedError);
    }),
  );

  it(
    "times out without loss",
    green(() => {
      const stream = new PassThrough();
      const view = blocking(stream);
      stream.write("half");
      expect(() => view.readExactly(8, { timeout: 5 })).toThrow(Timeout);
      stream.write("full");
      expect(String(view.readExactly(8))).toBe("halffull");
    }),
  );
});
