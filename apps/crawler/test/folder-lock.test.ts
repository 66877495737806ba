import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run, spawnLater } from "greenlit";
import { describe, expect, it } from "vitest";
import { FolderLock } from "../src/folder-lock.js";
import { temporaryFolder } from "./folder.js";

describe("FolderLock", () => {
  it("keeps others out until it is released", () => {
    const folder = temporaryFolder();
    const lock = new FolderLock(folder);
    expect(() => new FolderLock(folder)).toThrow("is in use by another crawl of this process");
    lock.release();
    expect(existsSync(join(folder, "lock"))).toBe(false);
    new FolderLock(folder).release();
  });

  it("waits for a process that ends just now", async () => {
    const folder = temporaryFolder();
    const owner = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    writeFileSync(join(folder, "lock"), String(owner.pid));
    spawnLater(200, () => owner.kill("SIGKILL"));
    await run(() => new FolderLock(folder).release());
  });

  it("respects a process that lives, and no other", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "lock");
    const owner = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    writeFileSync(file, String(owner.pid));
    const inUse = `in use by process ${owner.pid}`;
    expect(() => new FolderLock(folder)).toThrow(inUse);
    await expect(run(() => new FolderLock(folder))).rejects.toThrow(inUse);
    owner.kill("SIGKILL");
    await once(owner, "exit");
    new FolderLock(folder).release();
    // What a process left that had our number, or that died while it wrote.
    for (const content of [String(process.pid), ""]) {
      writeFileSync(file, content);
      new FolderLock(folder).release();
    }
  });
});
