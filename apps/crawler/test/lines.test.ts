import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import { run, sleep, spawn } from "greenlit";
import { describe, expect, it } from "vitest";
import { JsonlFile, JsonlStream } from "../src/jsonl.js";
import { temporaryFolder } from "./folder.js";
import { record } from "./record.js";

const pages = (): string => join(temporaryFolder(), "pages.jsonl");

describe("lines in a file", () => {
  it("writes one line for each record, whole batches at a time", async () => {
    const file = pages();
    await run(() => {
      const output = new JsonlFile(file, 0);
      for (let i = 0; i < 2_000; i++) output.write(record({ url: `http://a/${i}`, title: "é\n" }));
      expect(statSync(file).size).toBe(0);
      output.flush();
      expect(output.length).toBe(statSync(file).size);
      output.flush();
      output.close();
    });
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    const urls = lines.map((line) => (JSON.parse(line) as { url: string }).url);
    expect(urls).toEqual(Array.from({ length: 2_000 }, (_, i) => `http://a/${i}`));
    expect(JSON.parse(lines[0]!)).toEqual(record({ url: "http://a/0", title: "é\n" }));
  });

  it("goes on where it is told, and cuts off what is beyond", async () => {
    const file = pages();
    writeFileSync(file, '{"a":1}\n{"a":2}\n{"tor');
    await run(() => {
      const output = new JsonlFile(file, 8);
      output.write({ b: 1 });
      output.flush();
      output.close();
    });
    expect(readFileSync(file, "utf8")).toBe('{"a":1}\n{"b":1}\n');
  });

  it("does not go on with a file that has lost its end", async () => {
    const file = pages();
    writeFileSync(file, '{"a":1}\n');
    await expect(run(() => new JsonlFile(file, 9))).rejects.toThrow(
      `${file} has lost its end: of 9 bytes 8 are left. Put it back, or start over with --fresh`,
    );
  });

  it("says which file cannot be written, and why", async () => {
    await expect(run(() => new JsonlFile("/nonexistent/file", 0))).rejects.toMatchObject({
      code: "ERR_CRAWLER_OUTPUT",
      message: expect.stringContaining("/nonexistent/file cannot be written: ENOENT") as unknown,
    });
    const full = run(() => {
      const output = new JsonlFile("/dev/full", 0);
      output.write(record());
      output.flush();
    });
    await expect(full).rejects.toMatchObject({
      code: "ERR_CRAWLER_OUTPUT",
      message: expect.stringContaining("/dev/full cannot be written: ENOSPC") as unknown,
    });
  });
});

describe("lines to a stream", () => {
  it("waits until the stream has passed everything on, while others run", async () => {
    const chunks: string[] = [];
    let others = 0;
    const slow = new Writable({
      highWaterMark: 1,
      write: (chunk: Buffer, _, done) => {
        chunks.push(String(chunk));
        setTimeout(done, 10);
      },
    });
    await run(() => {
      const output = new JsonlStream(slow);
      const other = spawn(() => {
        for (; ; others++) sleep(1);
      });
      for (let i = 0; i < 5; i++) output.write({ i });
      output.flush();
      other.kill();
    });
    expect(chunks.join("")).toBe('{"i":0}\n{"i":1}\n{"i":2}\n{"i":3}\n{"i":4}\n');
    expect(others).toBeGreaterThan(0);
    expect(slow.writableEnded).toBe(false); // it belongs to somebody else
  });

  it("says so when records are lost", async () => {
    const full = new Writable({ write: (_chunk, _encoding, done) => done(new Error("no space")) });
    const writing = run(() => {
      const output = new JsonlStream(full);
      output.write(record());
      output.flush();
    });
    await expect(writing).rejects.toMatchObject({
      code: "ERR_CRAWLER_OUTPUT",
      message: "the output cannot be written: no space",
    });
  });
});
