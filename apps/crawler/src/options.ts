import type { RequisiteMode } from "./errands.js";
import type { Hooks } from "./hooks.js";
import {
  callback,
  count,
  duration,
  either,
  flag,
  having,
  headers,
  type Kind,
  nullOr,
  oneOf,
  pattern,
  record,
  size,
  text,
  texts,
} from "./kinds.js";
import type { LinksRecord, Output, PageRecord, Skipped } from "./output.js";
import type { Store } from "./store.js";
import type { ScopeMode } from "./scope.js";
import { TRAP_DEFAULTS, type TrapOptions } from "./traps.js";
import type { Duration, Size } from "./units.js";
import { VERSION } from "./version.js";

/**
 * Everything a crawl can be told in numbers and words. Every setting is declared here, with its
 * default; the command only renames them.
 */
export interface Settings {
  /** URLs to begin with. */
  readonly seeds: readonly string[];
  /** Files with more of them, one on a line; `-` is standard input. */
  readonly seedFiles?: readonly string[];
  /** URLs of sitemaps, whose pages are to be fetched, too. */
  readonly sitemaps?: readonly string[];
  /** Take the sitemaps that robots.txt names as well. */
  readonly robotsSitemaps?: boolean;
  /** Pages in flight at once. */
  readonly concurrency?: number;
  /** Pages of one host in flight at once. */
  readonly perHost?: number;
  /** Between the starts of two requests to one host; robots.txt may ask for more. */
  readonly delay?: Duration;
  /** URLs fetched at most, however they end. */
  readonly maxPages?: number;
  /** Of bodies received: then no further page is begun. */
  readonly maxBytes?: Size;
  /** Of this run: then it stops as if told to, and the next run goes on. */
  readonly maxTime?: Duration;
  /** Links from a seed. */
  readonly maxDepth?: number;
  /** Segments of a path: `/a/b/` has two. */
  readonly maxPathDepth?: number;
  readonly scope?: ScopeMode;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  /** For one request, from connecting to the last byte of the body. */
  readonly timeout?: Duration;
  /** Of that, to look the host up and to connect. */
  readonly connectTimeout?: Duration;
  /** Of that, from then until the head of the answer. */
  readonly headersTimeout?: Duration;
  /** Of that, in which nothing more of the body comes. */
  readonly bodyTimeout?: Duration;
  /** Further attempts after an error that may pass. */
  readonly retries?: number;
  /** Before the second attempt; doubles with each further one. */
  readonly retryDelay?: Duration;
  /** Of one body, as received and again as decompressed. */
  readonly bodyLimit?: Size;
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
  /** Size at which a WARC file is followed by another one. */
  readonly warcSize?: Size;
  /** Keep the cookies that sites set, and send them back. */
  readonly cookies?: boolean;
  /** Sent with requests to the origins of the seeds, and to no other: what only they may know. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent with all requests, wherever they go. */
  readonly publicHeaders?: Readonly<Record<string, string>>;
  /** `user:password`, for basic authentication at the origins of the seeds. */
  readonly auth?: string | null;
  /** `name=value; name=value`: cookies to begin with at the hosts of the seeds. */
  readonly cookie?: string | null;
  /** A file of cookies to begin with, in Netscape's format; each is sent where it belongs. */
  readonly cookiesFile?: string | null;
  /** URL of an HTTP proxy, or `environment`: as HTTP_PROXY, HTTPS_PROXY and NO_PROXY say. */
  readonly proxy?: string | null;
  /** Where a site counts as one without end. */
  readonly traps?: TrapOptions;
  /**
   * Fetch from private and loopback addresses too; without it, only hosts named in the seeds may
   * have one.
   */
  readonly allowPrivate?: boolean;
  /** What pages in flight get to end after `stop()`. */
  readonly grace?: Duration;
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
   * Where queues and known URLs are kept: `lmdb`, in the job's folder, or the URL of a server,
   * which several machines may share; there the crawl has the name of the job's folder.
   */
  readonly store?: string | Store | undefined;
  /**
   * Name of this worker, when several processes of one machine work on the job.
   * Its outputs are in the folder `worker-<name>` until the job is opened without one.
   */
  readonly worker?: string | undefined;
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
  /**
   * Folder of WARC files, into which all that is fetched goes as it was sent: pages of any type,
   * redirects, errors, robots.txt. True: `archive` in the job's folder. Default: nowhere.
   */
  readonly warc?: string | boolean | undefined;
  /** Of files whose names end in neither `.csv` nor `.jsonl`. Default: jsonl. */
  readonly format?: "jsonl" | "csv" | undefined;
  /** Where goes what each page refers to. Default: nowhere. */
  readonly links?: string | Output<LinksRecord> | undefined;
}

/** Durations in ms and sizes in bytes, whatever they were given in. */
type Measured =
  | "delay"
  | "maxBytes"
  | "maxTime"
  | "timeout"
  | "connectTimeout"
  | "headersTimeout"
  | "bodyTimeout"
  | "retryDelay"
  | "bodyLimit"
  | "warcSize"
  | "grace";
type ResolvedSettings = Required<Omit<Settings, Measured>> & Readonly<Record<Measured, number>>;
export type ResolvedOptions = Omit<CrawlOptions, keyof Settings> & ResolvedSettings;

export const DEFAULTS: Omit<ResolvedSettings, "seeds"> = {
  seedFiles: [],
  sitemaps: [],
  robotsSitemaps: false,
  concurrency: 100,
  perHost: 2,
  delay: 0,
  maxPages: Infinity,
  maxBytes: Infinity,
  maxTime: Infinity,
  maxDepth: Infinity,
  maxPathDepth: Infinity,
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
  warcSize: 1_000_000_000,
  cookies: true,
  headers: {},
  publicHeaders: {},
  auth: null,
  cookie: null,
  cookiesFile: null,
  proxy: null,
  traps: {},
  allowPrivate: false,
  grace: 2_000,
};

const output = either(text, having<Output<never>>("write"));

/** What each option may be. */
const KINDS = {
  seeds: texts,
  seedFiles: texts,
  sitemaps: texts,
  robotsSitemaps: flag,
  concurrency: count(1),
  perHost: count(1),
  delay: duration(0),
  maxPages: count(1),
  maxBytes: size(1),
  maxTime: duration(1),
  maxDepth: count(0),
  maxPathDepth: count(0),
  scope: oneOf<ScopeMode>(["host", "domain", "any"]),
  include: texts,
  exclude: texts,
  timeout: duration(1),
  connectTimeout: duration(1),
  headersTimeout: duration(1),
  bodyTimeout: duration(1),
  retries: count(0),
  retryDelay: duration(0),
  bodyLimit: size(1),
  userAgent: text,
  robots: flag,
  requisites: oneOf<RequisiteMode>(["none", "scope", "any"]),
  external: flag,
  warcSize: size(1),
  cookies: flag,
  headers,
  publicHeaders: headers,
  auth: nullOr(pattern(/^[^:]+:/, "user:password")),
  cookie: nullOr(pattern(/^[^=;]+=/, "name=value, several with ; between")),
  cookiesFile: nullOr(text),
  proxy: nullOr(text),
  traps: record(count(1), Object.keys(TRAP_DEFAULTS)),
  allowPrivate: flag,
  grace: duration(0),
  job: text,
  fresh: flag,
  store: either(text, having<Store>("commit")),
  worker: pattern(/^[\w-]+$/, "letters, digits, - and _"),
  output,
  items: output,
  itemColumns: texts,
  skipped: either(output, flag),
  warc: either(text, flag),
  format: oneOf(["jsonl", "csv"]),
  links: output,
  onRequest: callback,
  onError: callback,
} satisfies Record<keyof CrawlOptions, Kind<unknown>>;

export const OPTION_NAMES: readonly string[] = Object.keys(KINDS);

export function isOption(name: string): name is keyof CrawlOptions {
  return Object.hasOwn(KINDS, name);
}

/** What an option may be. */
export function kindOf(name: keyof CrawlOptions): Kind<unknown> {
  return KINDS[name];
}

/** @throws RangeError when an option has a value that it cannot have */
export function resolveOptions(options: CrawlOptions): ResolvedOptions {
  const resolved: Record<string, unknown> = { ...DEFAULTS, seeds: [] };
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined) resolved[name] = isOption(name) ? readOption(name, value) : value;
  }
  return resolved as unknown as ResolvedOptions;
}

/**
 * The value of an option in the unit that the crawl counts in: ms, bytes.
 * @throws RangeError when it is none for this option
 */
export function readOption(name: keyof CrawlOptions, value: unknown): unknown {
  const { expected, read } = kindOf(name);
  const known = read(value);
  if (known !== undefined) return known;
  throw new RangeError(`${name} must be ${expected}, not ${show(value)}`);
}

function show(value: unknown): string {
  const isPlain = typeof value === "string" || (typeof value === "object" && value !== null);
  return isPlain ? JSON.stringify(value).slice(0, 100) : String(value);
}
