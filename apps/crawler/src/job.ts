import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { errorMessage } from "./errors.js";
import { FolderLock } from "./folder-lock.js";
import type { SavedFrontier } from "./frontier.js";
import { LmdbStore } from "./lmdb-store.js";
import { MemoryStore } from "./memory-store.js";
import type { CrawlOptions } from "./options.js";
import { leftovers } from "./leftovers.js";
import { OutputError } from "./output.js";
import { Outputs, type SavedFiles } from "./outputs.js";
import { type OutputOptions, planOutputs } from "./output-plans.js";
import type { SavedSeeds } from "./seeds.js";
import type { Changes, Store } from "./store.js";
import type { SavedStatistics } from "./summary.js";

/** What a later run takes over, beside the queues. */
export interface Saved {
  readonly seeds: SavedSeeds;
  readonly frontier: SavedFrontier;
  readonly statistics: SavedStatistics;
  /** URLs whose hosts are in scope because a seed redirected there. */
  readonly moved: readonly string[];
}

type JobOptions = Pick<CrawlOptions, "job" | "fresh"> & OutputOptions;

/** What one commit brings. */
export interface Batch {
  readonly changes: Omit<Changes, "states">;
  readonly written: ReturnType<Outputs["take"]>;
  readonly saved: Saved;
  /** Further values to be kept beside the queues, by name. */
  readonly more: Changes["states"];
}

/** What is kept for a worker. */
interface State {
  /** Null before its first commit. */
  readonly saved: Saved | null;
  readonly files: SavedFiles;
}

/** Names of what is kept in the store: of the crawl, and of the worker that has it alone. */
const CRAWL = "crawl";
const ALONE = "alone";

/** Of what is in a job's folder: one of another version is not touched. */
const VERSION = 4;

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
  readonly outputs: Outputs;
  private readonly lock: FolderLock | null;

  /** @throws OutputError, Error when the folder cannot be used */
  constructor(options: JobOptions) {
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
      this.outputs = new Outputs(planOutputs(options), job, state?.files ?? null, fresh);
      // The files belong to the crawl before they are there: whenever it is killed, it can go on.
      const { files } = this.outputs;
      this.save({ saved: this.saved, files }, NOTHING, { [CRAWL]: { version: VERSION } });
      this.outputs.open();
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
  commit({ changes, written, saved, more }: Batch): void {
    const files = this.outputs.flush(written);
    this.save({ saved, files }, changes, more);
    this.outputs.committed();
  }

  /**
   * @param left why URLs are left that were not fetched; null when it does not matter
   * @throws OutputError when they cannot be listed; it is closed all the same
   */
  close(left: string | null): void {
    try {
      if (left !== null) {
        this.outputs.append("skipped", leftovers(this.store, left));
        this.outputs.finish();
      }
    } finally {
      this.outputs.close();
      this.store.close();
      this.lock?.release();
    }
  }

  private save(state: State, changes: Omit<Changes, "states">, more: Changes["states"] = {}): void {
    try {
      this.store.commit({ ...changes, states: { [ALONE]: state, ...more } });
    } catch (error) {
      throw new OutputError(`the job cannot be written: ${errorMessage(error)}`, { cause: error });
    }
  }
}

const NOTHING: Omit<Changes, "states"> = {
  added: [],
  moved: [],
  known: [],
  ended: [],
  pages: 0,
};

function stateOf(store: Store, folder: string | undefined): State | null {
  const states = store.states();
  if (states.size === 0) return null;
  const crawl = states.get(CRAWL) as { version: number } | undefined;
  if (crawl?.version === VERSION) return (states.get(ALONE) as State | undefined) ?? null;
  throw new Error(
    `${folder} was written by another version of the crawler: finish it with that one, ` +
      `or start over with --fresh`,
  );
}
