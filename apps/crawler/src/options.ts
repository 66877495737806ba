import type { RequisiteMode } from "./errands.js";
import type { Hooks } from "./hooks.js";
import type { LinksRecord, Output, PageRecord, Skipped } from "./output.js";
import type { ScopeMode } from "./scope.js";
import { TRAP_DEFAULTS, type TrapOptions } from "./traps.js";
import { VERSION } from "./version.js";

/**
 * Everything a crawl can be told in numbers and words. Every setting is declared here, with its
 * default; the command only renames them.
 */
export interface Settings {
  /** URLs to begin with. */
  readonly seeds: readonly string[];
  /** Pages in flight at once. */
  readonly concurrency?: number;
  /** Pages of one host in flight at once. */
  readonly perHost?: number;
  /** Milliseconds between the starts of two requests to one host; robots.txt may ask for more. */
  readonly delay?: number;
  /** URLs fetched at most, however they end. */
  readonly maxPages?: number;
  /** Links from a seed. */
  readonly maxDepth?: number;
  readonly scope?: ScopeMode;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  /** Milliseconds for one request, from connecting to the last byte of the body. */
  readonly timeout?: number;
  /** Of that, milliseconds to look the host up and to connect. */
  readonly connectTimeout?: number;
  /** Of that, milliseconds from then until the head of the answer. */
  readonly headersTimeout?: number;
  /** Of that, milliseconds in which nothing more of the body comes. */
  readonly bodyTimeout?: number;
  /** Further attempts after an error that may pass. */
  readonly retries?: number;
  /** Milliseconds before the second attempt; doubles with each further one. */
  readonly retryDelay?: number;
  /** Bytes of one body, as received and again as decompressed. */
  readonly bodyLimit?: number;
  readonly userAgent?: string;
  /** Obey robots.txt, `rel=nofollow`, meta robots and X-Robots-Tag. */
  readonly robots?: boolean;
  /**
   * Fetch what pages consist of, too: images, style sheets, scripts and the like. `scope`: where
   * pages may come from as well; `any`: from wherever it comes.
   */
  readonly requisites?: RequisiteMode;
  /** Ask once for what links out of scope lead to, and follow nothing from there. */
  readonly external?: boolean;
  /** Keep the cookies that sites set, and send them back. */
  readonly cookies?: boolean;
  /** Where a site counts as one without end. */
  readonly traps?: TrapOptions;
  /**
   * Fetch from private and loopback addresses too; without it, only hosts named in the seeds may
   * have one.
   */
  readonly allowPrivate?: boolean;
  /** Milliseconds that pages in flight get to end after `stop()`. */
  readonly grace?: number;
}

/** Settings, hooks, and where the crawl and its results are kept. */
export interface CrawlOptions extends Settings, Hooks {
  /**
   * Folder in which the crawl is kept: one that is there is continued. Without it, the crawl is in
   * memory and ends with the process.
   */
  readonly job?: string | undefined;
  /** Start over, and overwrite the outputs. */
  readonly fresh?: boolean | undefined;
  /**
   * Where the records of pages go: a file, or anything with `write`. Default: `pages.jsonl` in the
   * job's folder, nowhere without a job.
   */
  readonly output?: string | Output<PageRecord> | undefined;
  /** Where the items go that the handler emits. Default: `items.jsonl`, likewise. */
  readonly items?: string | Output<unknown> | undefined;
  /** Columns of the items, where they are CSV; other fields are left out. */
  readonly itemColumns?: readonly string[] | undefined;
  /**
   * Where each link goes that is not followed, with the page it is on and the reason; at the end,
   * the URLs that are left. True: `skipped.jsonl` in the job's folder. Default: nowhere.
   */
  readonly skipped?: string | Output<Skipped> | boolean | undefined;
  /** Of files whose names end in neither `.csv` nor `.jsonl`. Default: jsonl. */
  readonly format?: "jsonl" | "csv" | undefined;
  /** Where goes what each page refers to. Default: nowhere. */
  readonly links?: string | Output<LinksRecord> | undefined;
}

export type ResolvedOptions = Required<Settings> & CrawlOptions;

export const DEFAULTS: Omit<Required<Settings>, "seeds"> = {
  concurrency: 100,
  perHost: 2,
  delay: 0,
  maxPages: Infinity,
  maxDepth: Infinity,
  scope: "host",
  include: [],
  exclude: [],
  timeout: 30_000,
  connectTimeout: 10_000,
  headersTimeout: 30_000,
  bodyTimeout: 30_000,
  retries: 2,
  retryDelay: 500,
  bodyLimit: 10 * 1024 * 1024,
  userAgent: `greenlit-crawler/${VERSION} (+https://github.com/greenlit/greenlit)`,
  robots: true,
  requisites: "none",
  external: false,
  cookies: true,
  traps: {},
  allowPrivate: false,
  grace: 2_000,
};

const AT_LEAST_ONE = [
  "concurrency",
  "perHost",
  "maxPages",
  "timeout",
  "connectTimeout",
  "headersTimeout",
  "bodyTimeout",
  "bodyLimit",
] as const;

/** @throws RangeError when a number is no number, or out of its range */
export function resolveOptions(options: CrawlOptions): ResolvedOptions {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const resolved: ResolvedOptions = { ...DEFAULTS, seeds: [], ...Object.fromEntries(given) };
  for (const name of AT_LEAST_ONE) {
    if (!(resolved[name] >= 1)) throw new RangeError(`${name} must be at least 1`);
  }
  for (const name of ["delay", "maxDepth", "retries", "retryDelay", "grace"] as const) {
    if (!(resolved[name] >= 0)) throw new RangeError(`${name} must not be negative`);
  }
  for (const [name, value] of Object.entries(resolved.traps)) {
    if (!(name in TRAP_DEFAULTS)) throw new RangeError(`traps has no ${name}`);
    if (!(value >= 1)) throw new RangeError(`traps.${name} must be at least 1`);
  }
  return resolved;
}
