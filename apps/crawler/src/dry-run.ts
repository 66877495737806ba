import { resolve } from "node:path";
import { existsSync } from "greenlit/fs";
import { AddressGuard } from "./address-guard.js";
import { Client } from "./client.js";
import { startingCookies } from "./cookies-file.js";
import { Credentials } from "./credentials.js";
import { errorMessage } from "./errors.js";
import {
  type CrawlOptions,
  DEFAULTS,
  isOption,
  kindOf,
  type ResolvedOptions,
  resolveOptions,
} from "./options.js";
import { planOutputs } from "./output-plans.js";
import { Proxies } from "./proxies.js";
import { isAllowed } from "./robots.js";
import { RobotsCache } from "./robots-cache.js";
import type { ScopeMode } from "./scope.js";
import { Seeds } from "./seeds.js";
import { parseUrl } from "./url.js";

/** Seeds that are looked at, one by one; robots.txt of their hosts is asked for. */
const SHOWN = 10;
/** What nobody who looks over a shoulder needs to know. */
const SECRET: ReadonlySet<string> = new Set(["auth", "cookie", "headers"]);
/** What has a line of its own. */
const TOLD: ReadonlySet<string> = new Set(
  "seeds job output items skipped links warc proxy scope".split(" "),
);

/** What a crawl would do. Everything in it is plain, for `--json`. */
export interface DryRun {
  /** The first ten. */
  readonly seeds: readonly SeedCheck[];
  /** How many there are, and how many of them are no URLs. */
  readonly seedCount: number;
  readonly badSeedCount: number;
  /** Where links would be followed to, in words. */
  readonly scope: string;
  /** Where the crawl would be kept; null: in memory. */
  readonly job: string | null;
  /** Whether there is a crawl, which would go on. */
  readonly isResumed: boolean;
  /** Files, by the name of the output. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Options that are not as by default; secrets are hidden. */
  readonly settings: Readonly<Record<string, string>>;
  readonly proxies: readonly string[];
}

export interface SeedCheck {
  /** As it would be fetched; as it stands there when it is no URL. */
  readonly url: string;
  readonly isSitemap: boolean;
  /** Why it would not be fetched; null: it would. */
  readonly refusal: string | null;
  /** Between two requests to its host, in ms. */
  readonly delay: number;
  /** What its robots.txt names. */
  readonly sitemaps: readonly string[];
}

/**
 * Finds out what a crawl would do, without doing it: fetches nothing but robots.txt, and writes
 * nothing. Blocks.
 *
 * @throws what `new Crawler` would throw for such options
 */
export function dryRun(given: CrawlOptions): DryRun {
  const options = resolveOptions(given);
  const guard = new AddressGuard(options.allowPrivate);
  const cookies = startingCookies(options);
  const credentials = new Credentials(options, cookies);
  const proxies = new Proxies(options.proxy);
  const client = new Client({ ...options, guard, cookies, credentials, proxies });
  const robots = options.robots ? new RobotsCache(client, options) : null;
  const seeds: SeedCheck[] = [];
  let [seedCount, badSeedCount] = [0, 0];
  try {
    for (const { text, isSitemap } of new Seeds(options, undefined, () => {})) {
      seedCount++;
      const { url, reason } = parseUrl(text);
      if (url === null) badSeedCount++;
      if (seeds.length >= SHOWN) continue;
      if (url !== null) for (const it of [guard, credentials]) it.allow(url);
      const check = url === null ? refused(reason) : askRobots(url, robots, options.delay);
      seeds.push({ url: url?.href ?? text, isSitemap, ...check });
    }
  } finally {
    robots?.close();
    client.close();
  }
  const { job = null, fresh = false } = options;
  return {
    seeds,
    seedCount,
    badSeedCount,
    scope: scopeOf(options.scope, seeds),
    job,
    isResumed: job !== null && !fresh && existsSync(resolve(job, "store")),
    outputs: outputsOf(options),
    settings: settingsOf(given),
    proxies: proxies.names,
  };
}

function scopeOf(mode: ScopeMode, seeds: readonly SeedCheck[]): string {
  if (mode === "any") return "any host";
  const hosts = seeds.flatMap(({ url }) => (URL.canParse(url) ? [new URL(url).host] : []));
  const named = [...new Set(hosts)].join(", ") || "the hosts of the seeds";
  return mode === "host" ? named : `${named} and their subdomains`;
}

type Check = Omit<SeedCheck, "url" | "isSitemap">;

function refused(refusal: string): Check {
  return { refusal, delay: 0, sitemaps: [] };
}

function askRobots(url: URL, robots: RobotsCache | null, delay: number): Check {
  if (robots === null) return { refusal: null, delay, sitemaps: [] };
  try {
    const rules = robots.rulesFor(url);
    const refusal = isAllowed(rules, url) ? null : "robots.txt forbids it";
    const { crawlDelay, sitemaps } = rules;
    return { refusal, delay: Math.max(delay, crawlDelay ?? 0), sitemaps };
  } catch (error) {
    return refused(errorMessage(error));
  }
}

function outputsOf(options: ResolvedOptions): Record<string, string> {
  const outputs: Record<string, string> = {};
  for (const { name, given, inFolder } of planOutputs(options)) {
    if (typeof given === "string") outputs[name] = given;
    else if (typeof given === "object") outputs[name] = "given by the program";
    else if (inFolder !== null && options.job !== undefined)
      outputs[name] = `${options.job}/${inFolder}`;
  }
  return outputs;
}

function settingsOf(given: CrawlOptions): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || TOLD.has(name) || !isOption(name)) continue;
    const kind = kindOf(name);
    const read = kind.read(value);
    if (JSON.stringify(read) === JSON.stringify(DEFAULTS[name as keyof typeof DEFAULTS])) continue;
    if (SECRET.has(name)) settings[name] = "given";
    else settings[name] = kind.show?.(read) ?? (typeof read === "string" ? read : plain(read));
  }
  return settings;
}

function plain(value: unknown): string {
  return typeof value === "function" ? "a function" : JSON.stringify(value);
}

/** For people: a few lines, each ending in a newline. */
export function formatDryRun(run: DryRun): string {
  const { seeds, seedCount, badSeedCount, scope, job, isResumed } = run;
  const { outputs, settings, proxies } = run;
  const more = seedCount - seeds.length;
  const rows: [string, string][] = [
    ...seeds.map((seed): [string, string] => ["would fetch", formatSeed(seed)]),
    ...(more > 0 ? [["", `and ${more} more`] as [string, string]] : []),
    ...(badSeedCount > 0 ? [["", `${badSeedCount} are no URLs`] as [string, string]] : []),
    ["follow links to", scope],
    ...Object.entries(settings),
    ...(proxies.length > 0 ? [["through", proxies.join(", ")] as [string, string]] : []),
    ["kept in", job === null ? "memory" : `${job}${isResumed ? ", where a crawl goes on" : ""}`],
    ...Object.entries(outputs).map(([name, file]): [string, string] => [`${name} in`, file]),
  ];
  let last = "";
  const lines = rows.map(([name, value]) => {
    const shown = name === last ? "" : name;
    last = name;
    return `  ${shown.padEnd(15)} ${value}\n`;
  });
  return `Dry run: nothing is fetched but robots.txt, and nothing is written.\n${lines.join("")}`;
}

function formatSeed({ url, isSitemap, refusal, delay, sitemaps }: SeedCheck): string {
  const notes = [
    isSitemap ? "a sitemap" : "",
    refusal === null ? "" : `not: ${refusal}`,
    delay === 0 ? "" : `${delay} ms between requests`,
    sitemaps.length === 0 ? "" : `robots.txt names ${sitemaps.length} sitemaps`,
  ].filter(Boolean);
  return notes.length === 0 ? url : `${url} (${notes.join("; ")})`;
}
