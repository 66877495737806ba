import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { run } from "greenlit";
import { expect, it } from "vitest";
import { WarcFile } from "../../src/archive/warc-file.js";
import type { WarcRecord } from "../../src/archive/warc-record.js";
import { temporaryFolder } from "../folder.js";

function record(text: string): WarcRecord {
  const block = Buffer.from(text);
  return { fields: [["WARC-Type", "resource"]], block: [block], length: block.length };
}

it("is open until it is whole, and can be cut", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "a.warc.gz");
  await run(() => {
    const file = new WarcFile(folder, "a.warc.gz");
    const first = file.append(record("one"));
    file.sync();
    expect(readFileSync(`${path}.open`)).toHaveLength(first);
    file.append(record("two"));
    file.sync();
    file.append(record("three"));
    file.cut(first);
    expect(file.length).toBe(first);
    file.append(record("four"));
    file.sync();
    file.finish();
  });
  expect(existsSync(`${path}.open`)).toBe(false);
  expect(String(gunzipSync(readFileSync(path))).match(/one|two|three|four/g)).toEqual([
    "one",
    "four",
  ]);
});

it("replaces no other, and can be taken back", async () => {
  const folder = temporaryFolder();
  await run(() => {
    const file = new WarcFile(folder, "a.warc.gz");
    expect(() => new WarcFile(folder, "a.warc.gz")).toThrow("EEXIST");
    file.remove();
    expect(existsSync(join(folder, "a.warc.gz.open"))).toBe(false);
    new WarcFile(folder, "a.warc.gz").close();
    expect(existsSync(join(folder, "a.warc.gz.open"))).toBe(true);
  });
});
