import { constants } from "node:fs";
import { resolve } from "node:path";
import { accessSync } from "greenlit/fs";
import { errorMessage } from "./errors.js";
import type { Link } from "./links.js";
import { OutputError } from "./output.js";
import { Pace } from "./pace.js";
import { readLines } from "./read-lines.js";

/** What a crawl was told to begin with, as a later run takes it over. */
export interface SavedSeeds {
  readonly named: readonly string[];
  readonly files: readonly string[];
  readonly sitemaps: readonly string[];
}

export interface SeedsOptions {
  /** URLs. */
  readonly seeds: readonly string[];
  /** Files with a URL on each line; `-` is standard input. */
  readonly seedFiles: readonly string[];
  /** URLs of sitemaps. */
  readonly sitemaps: readonly string[];
}

export interface Seed {
  /** As it stands there: it need not be a URL. */
  readonly text: string;
  readonly isSitemap: boolean;
}

/** Longest line of a list, in bytes. */
const LONGEST = 64 * 1024;
/**
 * Whether the lists are there, asked before anything is begun.
 * @throws OutputError when one cannot be read
 */
export function checkLists(files: readonly string[]): void {
  for (const file of files) {
    try {
      if (file !== "-") accessSync(file, constants.R_OK);
    } catch (error) {
      throw new OutputError(`${file} cannot be read: ${errorMessage(error)}`, { cause: error });
    }
  }
}

/** Depth of a sitemap that was named. Those that it lists have -2, and so on; pages have 0. */
export const SITEMAP_DEPTH = -1;

/** The depth that a page, or a sitemap, must have for its links to be one deeper. */
export function depthFor(links: readonly Link[], depth: number): number {
  if (depth >= 0) return depth;
  return links[0]?.sitemap === true ? depth - 2 : -1;
}

/**
 * Where a crawl begins: URLs that were named, lists of them, and sitemaps. Those of earlier runs
 * are given again, because what is in scope depends on them. Lists are read as they are asked for,
 * and so may be as long as they like.
 */
export class Seeds implements Iterable<Seed> {
  readonly saved: SavedSeeds;
  private readonly given: ReadonlySet<string>;
  private readonly notify: (message: string) => void;

  /** @param notify told of lists of earlier runs that cannot be read any more */
  constructor(
    { seeds, seedFiles, sitemaps }: SeedsOptions,
    before: SavedSeeds | undefined,
    notify: (message: string) => void,
  ) {
    const files = seedFiles.map((file) => (file === "-" ? file : resolve(file)));
    this.given = new Set(files);
    this.notify = notify;
    this.saved = {
      named: union(before?.named, seeds),
      // What came in by standard input comes once.
      files: union(
        before?.files.filter((file) => file !== "-"),
        files,
      ),
      sitemaps: union(before?.sitemaps, sitemaps),
    };
  }

  /** @throws OutputError when a list cannot be read */
  *[Symbol.iterator](): Generator<Seed, void, undefined> {
    for (const text of this.saved.named) yield { text, isSitemap: false };
    for (const file of this.saved.files) {
      for (const text of this.list(file)) yield { text, isSitemap: false };
    }
    for (const text of this.saved.sitemaps) yield { text, isSitemap: true };
  }

  private *list(file: string): Generator<string, void, undefined> {
    const pace = new Pace();
    try {
      for (const line of readLines(file, { longest: LONGEST })) {
        pace.step();
        const text = line.replace(/^\uFEFF/, "").trim();
        if (text !== "" && !text.startsWith("#")) yield text;
      }
    } catch (error) {
      if (this.given.has(file)) throw error;
      this.notify(
        `${(error as Error).message}. Of the URLs in it those that are queued are fetched; ` +
          "links to their hosts may count as out of scope.",
      );
    }
  }
}

export function addSeeds(one: SavedSeeds, other: SavedSeeds): SavedSeeds {
  return {
    named: union(one.named, other.named),
    files: union(one.files, other.files),
    sitemaps: union(one.sitemaps, other.sitemaps),
  };
}

function union(one: readonly string[] = [], other: readonly string[]): readonly string[] {
  return [...new Set([...one, ...other])];
}
