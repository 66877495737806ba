import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { joinAll, run, spawn } from "greenlit";
import { describe, expect, it, onTestFinished } from "vitest";
import { JsonlOutput } from "../src/output.js";
import { record } from "./record.js";

describe("JsonlOutput", () => {
  it("writes one line for each record, and nothing is missing after close", async () => {
    const folder = mkdtempSync(join(tmpdir(), "greenlit-crawl-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "pages.jsonl");
    await run(() => {
      const output = new JsonlOutput(file);
      const write = (i: number): void =>
        output.write(record({ url: `http://a/${i}`, title: "é\n" }));
      joinAll(Array.from({ length: 2_000 }, (_, i) => spawn(write, i)));
      output.close();
    });
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    const urls = lines.map((line) => (JSON.parse(line) as { url: string }).url);
    expect(urls).toEqual(Array.from({ length: 2_000 }, (_, i) => `http://a/${i}`));
    expect(JSON.parse(lines[0]!)).toEqual(record({ url: "http://a/0", title: "é\n" }));
  });

  it("makes greenlets wait while the stream takes no more", async () => {
    const chunks: string[] = [];
    const slow = new Writable({
      highWaterMark: 1,
      write: (chunk: Buffer, _, done) => {
        chunks.push(String(chunk));
        setTimeout(done, 10);
      },
    });
    const started = performance.now();
    await run(() => {
      const output = new JsonlOutput(slow);
      for (let i = 0; i < 5; i++) output.write(record());
      output.close();
    });
    expect(chunks).toHaveLength(5);
    expect(performance.now() - started).toBeGreaterThan(40);
    expect(slow.writableEnded).toBe(false); // it belongs to somebody else
  });

  it("says so when records are lost", async () => {
    const full = new Writable({ write: (_chunk, _encoding, done) => done(new Error("no space")) });
    const output = new JsonlOutput(full);
    const writing = run(() => {
      for (let i = 0; i < 10; i++) output.write(record());
      output.close();
    });
    await expect(writing).rejects.toMatchObject({
      code: "ERR_CRAWLER_OUTPUT",
      message: "the output cannot be written: no space",
    });
    const nowhere = new JsonlOutput("/nonexistent/folder/file");
    await expect(run(() => nowhere.close())).rejects.toMatchObject({ code: "ERR_CRAWLER_OUTPUT" });
  });
});
