import { mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { errorMessage } from "./errors.js";
import { FolderLock } from "./folder-lock.js";
import type { SavedFrontier } from "./frontier.js";
import { LmdbStore } from "./lmdb-store.js";
import { MemoryStore } from "./memory-store.js";
import type { CrawlOptions } from "./options.js";
import { JsonlFile, type Output, OutputError, type PageRecord, refuseExisting } from "./output.js";
import type { Changes, Store } from "./store.js";
import type { SavedStatistics } from "./summary.js";

/** What a later run takes over, beside the queues. */
export interface Saved {
  readonly seeds: readonly string[];
  readonly frontier: SavedFrontier;
  readonly statistics: SavedStatistics;
  /** URLs whose hosts are in scope because a seed redirected there. */
  readonly moved: readonly string[];
}

/** What one commit brings. */
export interface Batch {
  readonly changes: Changes;
  readonly records: readonly PageRecord[];
  readonly items: readonly unknown[];
  readonly saved: Saved;
}

/** A file that belongs to a crawl, and how much of it was committed. */
interface SavedFile {
  readonly file: string;
  readonly length: number;
}

interface State {
  readonly version: typeof VERSION;
  /** Null before the first commit of a crawl. */
  readonly saved: Saved | null;
  readonly output: SavedFile | null;
  readonly items: SavedFile | null;
}

/** Names of the outputs in a job's folder. */
export const PAGES = "pages.jsonl";
const ITEMS = "items.jsonl";

/** Of what is in a job's folder: one of another version is not touched. */
const VERSION = 1;

/**
 * Where a crawl is kept: the store and the outputs, which go forward together.
 *
 *     folder/store/       queues, known URLs, state
 *     folder/pages.jsonl  a line for each URL that has ended
 *     folder/items.jsonl  a line for each item
 *     folder/lock         the process that has it open
 *
 * A commit first brings the lines to the disk, then changes the store, in one transaction that also
 * says how long the files are now. What is beyond that length was written by a run that did not get
 * so far, and is cut off by the next: its pages are still queued.
 */
export class Job {
  readonly store: Store;
  /** What was committed last; null for a new crawl. */
  readonly saved: Saved | null;
  private readonly output: Output<PageRecord> | null;
  private readonly items: Output<unknown> | null;
  private readonly lock: FolderLock | null;

  /** @throws OutputError, Error when the folder cannot be used */
  constructor(options: Pick<CrawlOptions, "job" | "fresh" | "output" | "items">) {
    const { job, fresh = false } = options;
    if (job === undefined) {
      this.lock = null;
      this.store = new MemoryStore();
    } else {
      mkdirSync(job, { recursive: true });
      this.lock = new FolderLock(job);
      if (fresh) rmSync(join(job, "store"), { recursive: true, force: true });
      this.store = new LmdbStore(join(job, "store"));
    }
    try {
      const state = stateOf(this.store, job);
      this.saved = state?.saved ?? null;
      const output = fileOf(options.output, job, PAGES, state?.output ?? null, fresh);
      const items = fileOf(options.items, job, ITEMS, state?.items ?? null, fresh);
      // The files belong to the crawl before they are there: whenever it is killed, it can go on.
      this.save({ version: VERSION, saved: this.saved, output, items }, NOTHING);
      this.output = open(options.output, output);
      this.items = open(options.items, items);
    } catch (error) {
      this.store.close();
      this.lock?.release();
      throw error;
    }
  }

  /**
   * Makes all of a batch durable, or nothing. Blocks until it is. Pages that are not committed when
   * it throws are fetched again by the next run.
   *
   * @throws OutputError when the outputs or the store cannot be written
   */
  commit({ changes, records, items, saved }: Batch): void {
    for (const record of records) this.output?.write(record);
    for (const item of items) this.items?.write(item);
    this.output?.flush?.();
    this.items?.flush?.();
    const [output, lines] = [savedFile(this.output), savedFile(this.items)];
    this.save({ version: VERSION, saved, output, items: lines }, changes);
  }

  close(): void {
    for (const output of [this.output, this.items]) {
      if (output instanceof JsonlFile) output.close();
    }
    this.store.close();
    this.lock?.release();
  }

  private save(state: State, changes: Changes): void {
    try {
      this.store.commit(changes, state);
    } catch (error) {
      throw new OutputError(`the job cannot be written: ${errorMessage(error)}`, { cause: error });
    }
  }
}

const NOTHING: Changes = { added: [], known: [], ended: [] };

function stateOf(store: Store, folder: string | undefined): State | null {
  const state = store.state as State | undefined;
  if (state === undefined) return null;
  if (state.version === VERSION) return state;
  throw new Error(
    `${folder} was written by another version of the crawler: finish it with that one, ` +
      `or start over with --fresh`,
  );
}

/**
 * Which file an output is, and how much of it stays; null when it is none.
 * @throws OutputError when that is not the file it was before, or one that belongs to somebody else
 */
function fileOf(
  given: string | object | undefined,
  folder: string | undefined,
  defaultName: string,
  saved: SavedFile | null,
  fresh: boolean,
): SavedFile | null {
  const inFolder = folder === undefined ? undefined : join(folder, defaultName);
  const file = given ?? inFolder;
  if (typeof file !== "string") return null;
  if (saved === null) {
    if (!fresh) refuseExisting(file);
    return { file: resolve(file), length: 0 };
  }
  if (saved.file === resolve(file)) return saved;
  throw new OutputError(
    `this crawl writes to ${saved.file}, and cannot go on in ${file}: name the same file, ` +
      `or start over with --fresh`,
  );
}

function open<T>(given: string | Output<T> | undefined, saved: SavedFile | null): Output<T> | null {
  if (saved !== null) return new JsonlFile(saved.file, saved.length);
  return typeof given === "object" ? given : null;
}

function savedFile(output: Output<unknown> | null): SavedFile | null {
  return output instanceof JsonlFile ? { file: output.file, length: output.length } : null;
}
