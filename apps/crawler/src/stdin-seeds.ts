import { closeSync, mkdirSync, openSync, readSync, writeSync } from "greenlit/fs";
import { join } from "node:path";
import type { CrawlOptions } from "./options.js";

/** Bytes read at once. */
const CHUNK = 64 * 1024;
const STDIN = 0;

/**
 * Standard input can be read once, and a crawl that goes on needs its seeds again: so they are kept
 * in the job's folder, as `seeds.txt`, behind those of earlier runs. Blocks until the end of the
 * input. A crawl without a job reads the input itself.
 */
export function keepStdinSeeds(options: CrawlOptions): CrawlOptions {
  const { job, seedFiles = [] } = options;
  if (job === undefined || !seedFiles.includes("-")) return options;
  mkdirSync(job, { recursive: true });
  const file = join(job, "seeds.txt");
  append(file);
  return { ...options, seedFiles: seedFiles.map((name) => (name === "-" ? file : name)) };
}

function append(file: string): void {
  const descriptor = openSync(file, "a");
  try {
    const chunk = Buffer.allocUnsafe(CHUNK);
    for (let count; (count = readSync(STDIN, chunk, 0, CHUNK, null)) > 0;) {
      for (let at = 0; at < count;) at += writeSync(descriptor, chunk, at, count - at);
    }
    writeSync(descriptor, "\n"); // the last line may have no end
  } finally {
    closeSync(descriptor);
  }
}
