import { Writable } from "node:stream";
import { run } from "greenlit";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { JsonlFile, JsonlStream } from "../src/jsonl.js";
import { temporaryFolder } from "./folder.js";

const VALUES = [{ a: "é\n\u2028" }, null, [1, "x"], "text"];

it("is one line of JSON for each value, in files and streams", async () => {
  const file = join(temporaryFolder(), "a.jsonl");
  const chunks: string[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _, done) => {
      chunks.push(String(chunk));
      done();
    },
  });
  await run(() => {
    const outputs = [new JsonlFile(file, 0), new JsonlStream(stream)] as const;
    for (const output of outputs) {
      for (const value of VALUES) output.write(value);
      output.flush();
    }
    outputs[0].close();
  });
  const text = readFileSync(file, "utf8");
  expect(chunks.join("")).toBe(text);
  const lines = text.split("\n");
  expect(lines.pop()).toBe("");
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(VALUES);
});
