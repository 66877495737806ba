import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { getCurrent, sleep } from "greenlit";

/** Milliseconds, for greenlets: a process that was killed just now takes a moment to end. */
const PATIENCE = 1_000;
const PAUSE = 50;

/** Folders that this process has. */
const held = new Set<string>();

/** Keeps a second process out of a folder. The lock of a process that has died does not count. */
export class FolderLock {
  private readonly file: string;

  /** @throws Error when a process that lives has the folder, or this one has it already */
  constructor(folder: string) {
    this.file = resolve(join(folder, "lock"));
    if (held.has(this.file))
      throw new Error(`${folder} is in use by another crawl of this process`);
    this.acquire(folder);
    held.add(this.file);
  }

  release(): void {
    held.delete(this.file);
    rmSync(this.file, { force: true });
  }

  private acquire(folder: string): void {
    if (this.take()) return;
    const owner = Number(readFileSync(this.file, "utf8"));
    for (let waited = 0; isAlive(owner); waited += PAUSE) {
      if (waited >= PATIENCE || getCurrent() === null) {
        throw new Error(
          `${folder} is in use by process ${owner}: wait until that has ended. ` +
            `If it is no crawl, remove ${this.file}`,
        );
      }
      sleep(PAUSE);
    }
    rmSync(this.file, { force: true });
    if (!this.take()) throw new Error(`${folder} was taken by another process just now`);
  }

  private take(): boolean {
    try {
      writeFileSync(this.file, String(process.pid), { flag: "wx" });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      throw error;
    }
  }
}

/** A number that is our own was left by a process before us: of a container, each is number 1. */
export function isAlive(pid: number): boolean {
  if (!(pid > 0) || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
