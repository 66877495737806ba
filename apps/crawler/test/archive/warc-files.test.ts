import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { run } from "greenlit";
import { describe, expect, it } from "vitest";
import { Exchange } from "../../src/archive/exchange.js";
import { WarcFiles } from "../../src/archive/warc-files.js";
import { temporaryFolder } from "../folder.js";
import { readArchive, readIndex } from "./read-archive.js";

function exchange(folder: string, path: string, body: string): Exchange {
  const draft = { url: new URL(path, "http://a.example/"), headers: {}, proxy: null };
  const made = new Exchange(draft, { via: null, path: "" }, folder);
  const chunks = [Buffer.from(body), null];
  const response = {
    status: 200,
    statusText: "OK",
    headers: {},
    rawHeaders: ["Content-Type", "text/html"],
    body: { read: () => chunks.shift() ?? null, bytes: () => Buffer.alloc(0), destroy: () => {} },
  };
  made.answered(response).bytes();
  return made;
}

const open = (folder: string, keep = 0, size = 1e9): WarcFiles =>
  new WarcFiles(join(folder, "captures.jsonl"), keep, {
    size,
    prefix: "p",
    about: [["software", "x"]],
  });

const warcs = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.includes(".warc.gz"))
    .map((name) => name.replace(/^p-\d{17}-(\d+)-.*?(\.open)?$/, "$1$2"))
    .sort();

describe("WarcFiles", () => {
  it("gives a file its name when all of it is committed", async () => {
    const folder = temporaryFolder();
    await run(() => {
      const files = open(folder, 0, 500);
      const write = (...paths: string[]): void => {
        for (const path of paths) files.write(exchange(folder, path, `of ${path}`));
        files.flush();
      };
      write("/1", "/2");
      expect(warcs(folder)).toEqual(["00000.open", "00001.open"]);
      files.committed();
      expect(warcs(folder)).toEqual(["00000", "00001.open"]);
      write("/3");
      files.close(); // not committed
      expect(warcs(folder)).toEqual(["00000", "00001.open", "00002.open"]);
    });
  });

  it("leaves of a run what it has committed, and goes on behind it", async () => {
    const folder = temporaryFolder();
    await run(() => {
      const files = open(folder);
      files.write(exchange(folder, "/1", "one"));
      files.flush();
      files.committed();
      const { length } = files;
      files.write(exchange(folder, "/2", "lost"));
      files.flush();
      files.close();
      const next = open(folder, length);
      expect(warcs(folder)).toEqual(["00000"]);
      next.write(exchange(folder, "/3", "one"));
      next.flush();
      next.committed();
      next.finish();
      next.close();
    });
    const records = await readArchive(folder);
    const index = readIndex(folder, records);
    expect(index.map(({ about }) => `${about["url"]} ${about["mime"]}`)).toEqual([
      "http://a.example/1 text/html",
      "http://a.example/3 warc/revisit",
    ]);
  });

  it("is as before when it cannot be written", async () => {
    const folder = temporaryFolder();
    await run(() => {
      const files = open(folder, 0, 300);
      files.write(exchange(folder, "/1", "one"));
      files.flush();
      files.committed();
      const broken = exchange(folder, "/3", "x");
      broken.payload.read = () => {
        throw new Error("no space");
      };
      files.write(exchange(folder, "/2", "two"));
      files.write(broken);
      expect(() => files.flush()).toThrow(`${folder} cannot be written: no space`);
      expect(warcs(folder)).toEqual(["00000.open"]);
      files.close();
    });
    const records = await readArchive(folder);
    expect(records).toHaveLength(4);
  });

  it("does not go on without one of its files", async () => {
    const folder = temporaryFolder();
    await run(() => {
      const files = open(folder);
      files.write(exchange(folder, "/1", "one"));
      files.flush();
      files.committed();
      files.close();
      const name = readdirSync(folder).find((it) => it.endsWith(".warc.gz"));
      rmSync(join(folder, name!));
      expect(() => open(folder, files.length)).toThrow(/has lost its end: of \d+ bytes 0 are left/);
    });
  });
});
