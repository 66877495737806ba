import { readdirSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Spool } from "../../src/archive/spool.js";
import { temporaryFolder } from "../folder.js";

const openFiles = (): number => readdirSync("/proc/self/fd").length;

describe("Spool", () => {
  it.each([0, 1, 256 * 1024, 256 * 1024 + 1, 2_000_000])("gives back %d bytes", (size) => {
    const folder = temporaryFolder();
    const bytes = randomBytes(size);
    const spool = new Spool(folder);
    for (let at = 0; at < size; at += 60_000) spool.write(bytes.subarray(at, at + 60_000));
    expect(spool.length).toBe(size);
    for (let times = 0; times < 2; times++)
      expect(Buffer.concat([...spool.read()]).equals(bytes)).toBe(true);
    expect(readdirSync(folder)).toEqual([]);
    spool.close();
    spool.close();
  });

  it("keeps a few bytes in memory, many in a file that has no name, and leaves nothing", () => {
    const before = openFiles();
    const spool = new Spool(temporaryFolder());
    spool.write(Buffer.alloc(100_000));
    expect(openFiles()).toBe(before);
    spool.write(Buffer.alloc(200_000));
    expect(openFiles()).toBe(before + 1);
    spool.close();
    expect(openFiles()).toBe(before);
    expect(spool.length).toBe(0);
  });
});
