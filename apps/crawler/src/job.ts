import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { errorMessage } from "./errors.js";
import { FolderLock } from "./folder-lock.js";
import { addFrontiers, type SavedFrontier } from "./frontier.js";
import { readJournal } from "./journal.js";
import { leftovers } from "./leftovers.js";
import { openStore, type StoreOptions } from "./open-store.js";
import { OutputError } from "./output.js";
import { Outputs, type SavedFiles } from "./outputs.js";
import { type OutputOptions, planJournals, planOutputs } from "./output-plans.js";
import { partsFor } from "./parts.js";
import { addSeeds, type SavedSeeds } from "./seeds.js";
import { type Changes, LeaseLost, type Store, StoreError } from "./store.js";
import { addStatistics, type SavedStatistics } from "./summary.js";

/** What a later run takes over, beside the queues. */
export interface Saved {
  readonly frontier: SavedFrontier;
  readonly statistics: SavedStatistics;
}

export interface JobOptions extends StoreOptions, OutputOptions {
  readonly perHost: number;
  readonly delay: number;
  /** How many are about to work on it. */
  readonly workers?: number | undefined;
}

/** What one commit brings. */
export interface Batch {
  readonly changes: Omit<Changes, "states">;
  readonly written: ReturnType<Outputs["take"]>;
  readonly saved: Saved;
  readonly known: Known;
  /** Further values to be kept beside the queues, by name. */
  readonly more: Changes["states"];
}

/** What decides what is in scope. */
export interface Known {
  readonly seeds: SavedSeeds;
  /** URLs whose hosts are in scope because a seed redirected there. */
  readonly moved: readonly string[];
}

/** What is kept for a worker. */
interface State {
  /** Null before its first commit. */
  readonly saved: Saved | null;
  readonly files: SavedFiles;
}

/** What is kept of the crawl. */
interface Crawl {
  readonly version: number;
  readonly parts: number;
}

/** Of what is in a store: one of another version is not touched. */
const VERSION = 4;

/**
 * Where a crawl is kept: the store and the outputs, which go forward together.
 *
 *     folder/store/              queues, known URLs, states
 *     folder/pages.jsonl         a line for each URL that has ended
 *     folder/items.jsonl         a line for each item
 *     folder/lock                the process that has it open
 *     folder/worker-1/           outputs and lock of a worker, until they become the job's
 *     folder/machine             name of this folder, where the store is on a server
 *
 * A commit first brings the lines to the disk, then changes the store, in one transaction that also
 * says how long the files are now. What is beyond that length was written by a run that did not get
 * so far, and is cut off by the next: its pages are still queued.
 *
 * In the store, names of what is kept beside the queues:
 *
 *     crawl                version, parts
 *     state <worker>       lengths of its outputs, its counts
 *     known <worker>       its seeds, and where they redirected to
 */
export class Job {
  readonly store: Store;
  /** What this worker committed last; null before it did. */
  readonly saved: Saved | null;
  /** Whether the crawl was begun before. */
  readonly isResumed: boolean;
  /** Into how many parts each host's queue is divided. */
  readonly parts: number;
  readonly outputs: Outputs;
  private readonly name: string;
  private readonly lock: FolderLock | null;
  private told: Known | null = null;

  /** @throws OutputError, StoreError, Error when the folder cannot be used */
  constructor(options: JobOptions) {
    const { job, worker, fresh = false } = options;
    const isWorker = job !== undefined && worker !== undefined;
    const folder = isWorker ? workerFolder(job, worker) : job;
    if (folder !== undefined) mkdirSync(folder, { recursive: true });
    this.lock = folder === undefined ? null : new FolderLock(folder);
    try {
      ({ store: this.store, name: this.name } = openStore(options));
    } catch (error) {
      this.lock?.release();
      throw error;
    }
    try {
      const states = this.store.states();
      const crawl = crawlOf(states, job);
      this.isResumed = crawl !== null;
      this.parts = crawl?.parts ?? this.newParts(options);
      const state = (states.get(`state ${this.name}`) ?? null) as State | null;
      // What is in a worker's folder is nobody else's.
      this.outputs = isWorker
        ? new Outputs(planJournals(options), folder, state?.files ?? null, true)
        : new Outputs(planOutputs(options), folder, state?.files ?? null, fresh);
      // The files belong to the crawl before they are there: whenever it is killed, it can go on.
      const { files } = this.outputs;
      this.save({ saved: state?.saved ?? null, files }, NOTHING, {
        crawl: { version: VERSION, parts: this.parts } satisfies Crawl,
      });
      this.outputs.open();
      this.saved = job === undefined ? null : this.absorb(job, states, state?.saved ?? null);
    } catch (error) {
      this.store.close();
      this.lock?.release();
      throw error;
    }
  }

  /** The seeds of the crawl, and where they redirected to, as all workers know them. */
  known(): Known {
    const all = [...this.store.states()].flatMap(([name, value]) =>
      name.startsWith("known ") ? [value as Known] : [],
    );
    return all.reduce(addKnown, { seeds: { named: [], files: [], sitemaps: [] }, moved: [] });
  }

  /**
   * Makes all of a batch durable, or nothing. Blocks until it is. Pages that are not committed when
   * it throws are fetched again by the next run.
   *
   * @throws OutputError when the outputs or the store cannot be written
   */
  commit({ changes, written, saved, known, more }: Batch): void {
    const files = this.outputs.flush(written);
    const states: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(more)) states[this.ownName(name)] = value;
    if (JSON.stringify(known) !== JSON.stringify(this.told)) states[`known ${this.name}`] = known;
    this.told = known;
    this.save({ saved, files }, changes, states);
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

  /** Where others keep something by the same name. */
  private ownName(name: string): string {
    return this.store.isShared ? `${name} ${this.name}` : name;
  }

  private newParts(options: JobOptions): number {
    const isShared = this.store.isShared || (options.workers ?? 1) > 1;
    return isShared ? partsFor(options) : 1;
  }

  /**
   * Takes over what the workers of this job have written and counted: killed in between, it begins
   * again. @returns what is saved now
   */
  private absorb(
    job: string,
    states: ReadonlyMap<string, unknown>,
    own: Saved | null,
  ): Saved | null {
    let together: Saved | null = null;
    const absorbed: Record<string, null> = {};
    const locks: FolderLock[] = [];
    const prefix = `state ${this.name} `;
    let saved = own;
    try {
      for (const [key, state] of states) {
        if (!key.startsWith(prefix) || state === null) continue;
        const folder = workerFolder(job, key.slice(prefix.length));
        if (existsSync(folder)) locks.push(new FolderLock(folder)); // it has ended
        const { files, saved: theirs } = state as State;
        for (const [name, { file, length }] of Object.entries(files)) {
          this.outputs.append(name, readJournal(file, length));
        }
        together = addSaved(together, theirs, true);
        absorbed[key] = null;
      }
      saved = addSaved(own, together, false);
      if (Object.keys(absorbed).length > 0)
        this.save({ saved, files: this.outputs.files }, NOTHING, absorbed);
    } finally {
      for (const lock of locks) lock.release();
    }
    for (const key of Object.keys(absorbed)) {
      rmSync(workerFolder(job, key.slice(prefix.length)), { recursive: true, force: true });
    }
    return saved;
  }

  private save(state: State, changes: Omit<Changes, "states">, more: Changes["states"] = {}): void {
    try {
      this.store.commit({ ...changes, states: { [`state ${this.name}`]: state, ...more } });
    } catch (error) {
      if (error instanceof LeaseLost) throw error;
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

export function workerFolder(job: string, worker: string): string {
  return join(job, `worker-${worker}`);
}

/** @throws StoreError when it is of another version */
function crawlOf(states: ReadonlyMap<string, unknown>, job: string | undefined): Crawl | null {
  if (states.size === 0) return null;
  const crawl = states.get("crawl") as Crawl | undefined;
  if (crawl?.version === VERSION) return crawl;
  throw new StoreError(
    `${job} was written by another version of the crawler: finish it with that one, ` +
      `or start over with --fresh`,
  );
}

function addKnown(one: Known, other: Known): Known {
  const moved = new Set([...one.moved, ...other.moved]);
  return { seeds: addSeeds(one.seeds, other.seeds), moved: [...moved] };
}

/** @param atOnce whether they ran at the same time */
function addSaved(one: Saved | null, other: Saved | null, atOnce: boolean): Saved | null {
  if (one === null || other === null) return one ?? other;
  const times = [one.statistics.elapsed, other.statistics.elapsed] as const;
  const elapsed = atOnce ? Math.max(...times) : times[0] + times[1];
  return {
    frontier: addFrontiers(one.frontier, other.frontier),
    statistics: addStatistics(one.statistics, other.statistics, elapsed),
  };
}
