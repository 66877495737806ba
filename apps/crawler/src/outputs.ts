import { join, resolve } from "node:path";
import { readJournal } from "./journal.js";
import {
  type FileOutput,
  isFileOutput,
  type Output,
  OutputError,
  refuseExisting,
} from "./output.js";

/** One of the outputs that a crawl may have. */
export interface OutputPlan {
  readonly name: string;
  /** A file, or something that writes. */
  readonly given: string | Output<never> | undefined;
  /** Name in the job's folder when nothing is given; null: then there is no such output. */
  readonly inFolder: string | null;
  /** A crawl that is under way cannot begin to write it: what came before would be missing. */
  readonly isWhole?: boolean;
  /** @param keep bytes of the file that stay, the rest being cut off */
  open(file: string, keep: number): FileOutput<never>;
}

/** A file that belongs to a crawl, and how much of it was committed. */
export interface SavedFile {
  readonly file: string;
  readonly length: number;
}

/** By the name of the output. */
export type SavedFiles = Readonly<Record<string, SavedFile>>;

/** Values appended in one piece. */
const APPENDED = 1_000;

/** What is to be written, by the name of the output. */
export type Batch = Map<string, unknown[]>;

/**
 * The outputs of a crawl, which go forward together: what is written waits in memory until the
 * crawl takes all of it as one batch, with everything else that happened until then.
 */
export class Outputs {
  /** The files, and what of them is safe. */
  files: SavedFiles;
  private readonly own: SavedFiles;
  private readonly plans: readonly OutputPlan[];
  private readonly outputs = new Map<string, Output<never>>();
  private batch: Batch = new Map();

  /**
   * Opens nothing yet: the files must belong to the crawl before they are there.
   *
   * @param saved what the crawl wrote so far; null for a new one
   * @param fresh overwrite what is there
   * @throws OutputError when that is not a file it was before, or one that belongs to somebody else
   */
  constructor(
    plans: readonly OutputPlan[],
    folder: string | undefined,
    saved: SavedFiles | null,
    fresh: boolean,
  ) {
    this.plans = plans;
    const files = plans.map((plan) => [plan.name, fileOf(plan, folder, saved, fresh)] as const);
    this.own = Object.fromEntries(files.filter((it): it is [string, SavedFile] => it[1] !== null));
    // Those of earlier runs that this one does not ask for stay: a later one may go on with them.
    this.files = { ...saved, ...this.own };
  }

  /** @throws OutputError */
  open(): void {
    for (const { name, given, open } of this.plans) {
      const own = this.own[name];
      if (own !== undefined) this.outputs.set(name, open(own.file, own.length));
      else if (typeof given === "object") this.outputs.set(name, given);
    }
  }

  get(name: string): Output<never> | undefined {
    return this.outputs.get(name);
  }

  /** Whether anybody wants to have it. */
  has(name: string): boolean {
    return this.outputs.has(name);
  }

  /** Never blocks. What nobody wants is forgotten. */
  write(name: string, value: unknown): void {
    if (!this.has(name)) return;
    const values = this.batch.get(name);
    if (values === undefined) this.batch.set(name, [value]);
    else values.push(value);
  }

  /** What was written since the last call. */
  take(): Batch {
    const { batch } = this;
    this.batch = new Map();
    return batch;
  }

  /**
   * Makes a batch safe. Blocks until it is.
   *
   * @returns how long the files are now
   * @throws OutputError
   */
  flush(batch: Batch): SavedFiles {
    for (const [name, values] of batch) {
      const output = this.outputs.get(name)!;
      for (const value of values) output.write(value as never);
    }
    const files: Record<string, SavedFile> = { ...this.files };
    for (const [name, output] of this.outputs) {
      output.flush?.();
      if (isFileOutput(output)) files[name] = { file: output.file, length: output.length };
    }
    this.files = files;
    return files;
  }

  /** What the last `flush` wrote is committed. */
  committed(): void {
    for (const output of this.outputs.values()) if (isFileOutput(output)) output.committed?.();
  }

  /** All is committed: makes what is made of it. Blocks. @throws OutputError */
  finish(): void {
    for (const output of this.outputs.values()) if (isFileOutput(output)) output.finish?.();
  }

  /**
   * Adds what holds only until the next run, which cuts it off. Blocks until it is written.
   *
   * @throws OutputError
   */
  append(name: string, values: Iterable<unknown>): void {
    const output = this.outputs.get(name);
    if (output === undefined) return;
    let waiting = 0;
    for (const value of values) {
      output.write(value as never);
      if (++waiting % APPENDED === 0) output.flush?.();
    }
    output.flush?.();
    if (isFileOutput(output)) {
      this.files = { ...this.files, [name]: { file: output.file, length: output.length } };
    }
  }

  /**
   * What was written to an output, by this run and those before. May be asked for when all is
   * closed, too.
   * @throws OutputError when it has no file
   */
  journal<T>(name: string): Iterable<T> {
    const saved = this.files[name];
    if (saved !== undefined) return readJournal<T>(saved.file, saved.length);
    throw new OutputError(`this crawl has no file of its ${name}, which are needed here`);
  }

  close(): void {
    for (const output of this.outputs.values()) if (isFileOutput(output)) output.close();
  }
}

function begunWithout(name: string, folder: string | undefined): string {
  return (
    `the crawl in ${folder} was begun without its ${name}, which are needed here: ` +
    `start over with --fresh, or name another --job`
  );
}

function fileOf(
  { name, given, inFolder, isWhole }: OutputPlan,
  folder: string | undefined,
  saved: SavedFiles | null,
  fresh: boolean,
): SavedFile | null {
  const before = saved?.[name];
  const byDefault = folder === undefined || inFolder === null ? undefined : join(folder, inFolder);
  const file = given ?? byDefault;
  if (typeof file !== "string") return null;
  if (before === undefined && saved !== null && isWhole === true)
    throw new OutputError(begunWithout(name, folder));
  if (before?.file === resolve(file)) return before;
  // Nothing is in it: it could not be opened, perhaps.
  if (before === undefined || before.length === 0) {
    if (!fresh) refuseExisting(file);
    return { file: resolve(file), length: 0 };
  }
  throw new OutputError(
    `this crawl writes to ${before.file}, and cannot go on in ${file}: name the same file, ` +
      `or start over with --fresh`,
  );
}
