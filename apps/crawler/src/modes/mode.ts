import type { Command } from "commander";
import type { CrawlOptions } from "../options.js";
import type { PageHandler } from "../page.js";
import type { Summary } from "../summary.js";

/** The flags of the command line by their names in camel case, those of the mode among them. */
export type Flags = Readonly<Record<string, unknown>>;

/**
 * One of the things that the command does with a crawl: `greenlit-crawl sitemap <url>`.
 *
 * While a crawl runs, everything goes to the outputs of the job, which a mode may ask for. What a
 * mode is for is made of them when the crawl has ended. So it can be made again later, of a
 * finished crawl without any fetch, and of an interrupted one as far as that got.
 */
export interface Mode {
  readonly name: string;
  /** One line of the help. */
  readonly summary: string;
  /** The file that it makes; the flag `--to` names another. */
  readonly makes?: string;
  /**
   * What it prints stands for the summary of the crawl, and is told anew each time: the crawl is
   * kept only where the user names a job.
   */
  readonly isReport?: boolean;
  /** Adds the flags that only this mode has. */
  declare?(command: Command): void;
  /**
   * What it changes of the crawl: outputs that it needs, a handler.
   * @throws Error when the flags make no sense together; nothing has begun by then
   */
  prepare?(flags: Flags, options: CrawlOptions): Prepared;
  /**
   * Writes what the mode is for. May block.
   * @returns the exit code; null: that of the crawl
   * @throws OutputError
   */
  finish?(ended: Ended): number | null;
}

export interface Prepared {
  readonly options: CrawlOptions;
  readonly handler?: PageHandler | undefined;
  /** What the handler has to tell when the crawl has ended. */
  readonly conclude?: (say: (message: string) => void) => void;
}

/** A crawl that has ended, whole or not: see `whyPartial`. */
export interface Ended {
  /** The job's; null when the crawl was kept in a temporary one, which is about to be removed. */
  readonly folder: string | null;
  readonly summary: Summary;
  readonly flags: Flags;
  /** Where what the mode makes is to be written, see `replaceFile`; empty when it makes nothing. */
  readonly file: string;
  /**
   * What was written to an output: `pages`, `items`, `skipped` ... Read from its file, line by
   * line, as often as it is called.
   * @throws OutputError when the crawl has no such output in a file
   */
  journal<T>(name: string): Iterable<T>;
  /** Tells the user, on standard error. */
  say(message: string): void;
}
