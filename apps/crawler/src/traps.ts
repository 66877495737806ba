import type { Learner } from "./experience.js";
import { Recent } from "./recent.js";

/** Why a URL looks like one of endlessly many. */
export const TRAP_REASONS = [
  "url-too-long",
  "repeated-segments",
  "too-many-queries",
  "same-content",
  "endless-pattern",
] as const;
export type TrapReason = (typeof TRAP_REASONS)[number];

/** Where the crawler takes a site for one without end. */
export interface TrapOptions {
  /** Longest URL that is followed, in characters. */
  readonly maxUrlLength?: number;
  /** How often one segment may occur in a path. */
  readonly maxSegmentRepeats?: number;
  /** Different combinations of query keys that are followed for one path. */
  readonly maxQueryCombinations?: number;
  /**
   * How many pages of one pattern, each found on another one of it, may show nothing new: neither a
   * text that differs in more than numbers, nor a new link that leaves the pattern. How many links
   * in a row, times ten, may lead to pages with nothing new in their text. And how many such pages,
   * times ten, may have new links only, never one to a page that is known.
   */
  readonly maxSameness?: number;
  /** How many links in a row may lead from page to page of one pattern at all. */
  readonly maxChain?: number;
}

export const TRAP_DEFAULTS: Required<TrapOptions> = {
  maxUrlLength: 2_000,
  maxSegmentRepeats: 3,
  maxQueryCombinations: 100,
  maxSameness: 100,
  maxChain: 10_000,
};

/** Which limit has which reason. */
export const TRAP_LIMITS: Readonly<Record<TrapReason, keyof TrapOptions>> = {
  "url-too-long": "maxUrlLength",
  "repeated-segments": "maxSegmentRepeats",
  "too-many-queries": "maxQueryCombinations",
  "same-content": "maxSameness",
  "endless-pattern": "maxChain",
};

/** A page whose links are looked at; made by `Traps.page`. */
export interface LinkingPage {
  readonly url: URL;
  /** Links from a seed. */
  readonly depth: number;
  /** Of its text: equal where that differs in numbers only. Null when it has none. */
  readonly fingerprint: number | null;
  /** What its URL has in common with others; where that is nothing, what its text has. */
  readonly key: string;
  readonly isKeyOfUrl: boolean;
  /** Whether its links to known pages are of interest. */
  readonly isWatched: boolean;
}

/** Patterns and paths that are remembered: a trap is met again all the time. */
const REMEMBERED = 20_000;
const REMEMBERED_TEXTS = 5_000;
/**
 * Links in a row that stay in one pattern and show nothing new before that can be a trap: pages
 * that link to each other at random, or as a tree, are all reached by fewer.
 */
const GENERATIONS = 20;
/** Texts of one pattern that are remembered. */
const TEXTS = 200;
/**
 * Of what looks most like a trap a later run is told: so many patterns and paths, each with so many
 * texts, when so many pages say so.
 */
const KEPT = 500;
const KEPT_TEXTS = 20;
const SUSPICIOUS = 10;

/**
 * Pages whose URLs differ in numbers, or in the values of their queries, only; of those that have
 * neither, pages of one host with the same text. Depths from a seed.
 */
interface Pattern {
  /** Where its first page was. */
  readonly begin: number;
  /** Of the last page with a new text, and of the last with a new link elsewhere. */
  newText: number;
  newLink: number;
  /** Pages since there was either, and those of them that had links into the pattern. */
  stale: number;
  growing: number;
  /** Whether one of its pages links to another one that was known: so there is an end to it. */
  isClosed: boolean;
  readonly texts: Recent<number, true>;
}

/**
 * Recognises the places where a site goes on for ever: links that grow, links to themselves below
 * themselves, filters combined in every way, calendars.
 *
 * However many pages there are of one pattern, `/item/1` to `/item/100000`, that alone is no trap:
 * people make sites so that each page is a few links away. A trap makes each page from the one
 * before. So what counts is how many links in a row stay in one pattern, and what the pages show.
 */
export class Traps implements Learner {
  private readonly options: Required<TrapOptions>;
  private readonly byUrl = new Recent<string, Pattern>(REMEMBERED);
  private readonly byText = new Recent<string, Pattern>(REMEMBERED_TEXTS);
  private readonly combinations = new Recent<string, Set<string>>(REMEMBERED);

  constructor(options: TrapOptions = {}) {
    this.options = { ...TRAP_DEFAULTS, ...options };
  }

  /** To be asked first of all: what else is done with a URL takes longer the longer it is. */
  isTooLong(url: URL): boolean {
    return url.href.length > this.options.maxUrlLength;
  }

  /** To be called once for each page, before its links are checked. */
  page(url: URL, depth: number, fingerprint: number | null): LinkingPage {
    const ofUrl = patternOf(url);
    const key = ofUrl ?? `${url.origin} ${fingerprint}`;
    const pattern = (ofUrl === null ? this.byText : this.byUrl).get(key);
    const { maxSameness } = this.options;
    const isWatched = pattern?.isClosed === false && pattern.growing >= maxSameness;
    return { url, depth, fingerprint, key, isKeyOfUrl: ofUrl !== null, isWatched };
  }

  /**
   * Ask once for each URL that is new: one with a query that passes is counted against its path.
   *
   * @param from the page with the link
   * @returns null when the URL looks ordinary
   */
  check(url: URL, from: LinkingPage): TrapReason | null {
    if (this.isTooLong(url)) return "url-too-long";
    if (this.repeats(url.pathname)) return "repeated-segments";
    if (this.isOneCombinationMore(url)) return "too-many-queries";
    const key = patternOf(url);
    const depth = from.depth + 1;
    if (key !== null) return this.judge(patternIn(this.byUrl, key, depth), depth, from.key === key);
    const pattern = from.isKeyOfUrl ? undefined : this.byText.get(from.key);
    return pattern === undefined ? null : this.judge(pattern, depth, true);
  }

  /** Learns from a watched page that it links to a known one. */
  meet(url: URL, from: LinkingPage): void {
    if (url.href === from.url.href) return;
    if (from.isKeyOfUrl && patternOf(url) !== from.key) return;
    this.patternFor(from).isClosed = true;
  }

  /** Learns from a page, after its links were checked. @param found its links that were new */
  learn(page: LinkingPage, found: readonly URL[]): void {
    const { key, depth, fingerprint, isKeyOfUrl } = page;
    const pattern = this.patternFor(page);
    const isNewText = fingerprint !== null && pattern.texts.get(fingerprint) === undefined;
    if (isNewText) {
      pattern.texts.set(fingerprint, true);
      pattern.newText = Math.max(pattern.newText, depth);
    }
    // `/2026/05/17` below `/2026/05` is the same calendar.
    const path = key.split("?", 1)[0]!;
    const leaves = (link: URL): boolean =>
      isKeyOfUrl ? patternOf(link)?.startsWith(path) !== true : patternOf(link) !== null;
    const isNewLink = found.some(leaves);
    if (isNewLink) pattern.newLink = Math.max(pattern.newLink, depth);
    pattern.stale = isNewText || isNewLink ? 0 : pattern.stale + 1;
    if (pattern.stale === 0) pattern.growing = 0;
    else if (found.length > 0) pattern.growing++;
  }

  learnt(): readonly [patterns: KeptPattern[], texts: KeptPattern[], paths: KeptPath[]] | [] {
    const paths: KeptPath[] = [];
    for (const [path, known] of this.combinations.newestFirst()) {
      if (known.size >= SUSPICIOUS && paths.push([path, [...known]]) === KEPT) break;
    }
    paths.reverse();
    const [byUrl, byText] = [keep(this.byUrl), keep(this.byText)];
    return byUrl.length + byText.length + paths.length === 0 ? [] : [byUrl, byText, paths];
  }

  relearn([byUrl = [], byText = [], paths = []]: ReturnType<Traps["learnt"]>): void {
    for (const kept of byUrl) restore(this.byUrl, kept);
    for (const kept of byText) restore(this.byText, kept);
    for (const [path, known] of paths) this.combinations.set(path, new Set(known));
  }

  /** @param stays the link comes from a page of the same pattern */
  private judge(pattern: Pattern, depth: number, stays: boolean): TrapReason | null {
    const { begin, newText, newLink, stale, growing, isClosed } = pattern;
    const { maxSameness, maxChain } = this.options;
    if (depth - begin > maxChain) return "endless-pattern";
    if (depth - newText > 10 * maxSameness) return "same-content";
    if (stays && !isClosed && growing >= 10 * maxSameness) return "same-content";
    const generations = depth - Math.max(newText, newLink);
    // The page with the link is one more; it is not learned yet.
    const isSame = stays && stale + 1 >= maxSameness;
    return isSame && generations > Math.min(GENERATIONS, maxSameness) ? "same-content" : null;
  }

  private patternFor({ key, depth, isKeyOfUrl }: LinkingPage): Pattern {
    return patternIn(isKeyOfUrl ? this.byUrl : this.byText, key, depth);
  }

  private repeats(pathname: string): boolean {
    const counts = new Map<string, number>();
    for (const segment of pathname.split("/")) {
      if (segment === "") continue;
      const count = (counts.get(segment) ?? 0) + 1;
      if (count > this.options.maxSegmentRepeats) return true;
      counts.set(segment, count);
    }
    return false;
  }

  private isOneCombinationMore(url: URL): boolean {
    const keys = keysOf(url);
    if (keys === null) return false;
    const path = url.origin + url.pathname;
    const known = this.combinations.get(path) ?? new Set();
    if (known.has(keys)) return false;
    if (known.size >= this.options.maxQueryCombinations) return true;
    this.combinations.set(path, known.add(keys));
    return false;
  }
}

type KeptPattern = [key: string, pattern: Omit<Pattern, "texts">, texts: number[]];
type KeptPath = [path: string, combinations: string[]];

/** Those with many pages that showed nothing new, or that are far from the first. */
function keep(patterns: Recent<string, Pattern>): KeptPattern[] {
  const kept: KeptPattern[] = [];
  for (const [key, { texts, ...pattern }] of patterns.newestFirst()) {
    const { begin, newText, stale } = pattern;
    if (stale < SUSPICIOUS && newText - begin < SUSPICIOUS) continue;
    const newest = texts.newestFirst().slice(0, KEPT_TEXTS).reverse();
    if (kept.push([key, pattern, newest.map(([text]) => text)]) === KEPT) break;
  }
  return kept.reverse();
}

function restore(patterns: Recent<string, Pattern>, [key, pattern, texts]: KeptPattern): void {
  const restored = { ...pattern, texts: new Recent<number, true>(TEXTS) };
  for (const text of texts) restored.texts.set(text, true);
  patterns.set(key, restored);
}

function patternIn(patterns: Recent<string, Pattern>, key: string, depth: number): Pattern {
  let pattern = patterns.get(key);
  if (pattern === undefined) {
    pattern = {
      begin: depth,
      newText: depth,
      newLink: depth,
      stale: 0,
      growing: 0,
      isClosed: false,
      texts: new Recent(TEXTS),
    };
    patterns.set(key, pattern);
  }
  return pattern;
}

/**
 * What a URL has in common with those that differ in numbers or in the values of the query: each
 * segment with a digit counts as one, so month names and codes beside numbers do not matter.
 *
 * @returns null when it has neither
 */
function patternOf(url: URL): string | null {
  let pattern = patterns.get(url);
  if (pattern === undefined) patterns.set(url, (pattern = makePattern(url)));
  return pattern;
}

/** They are asked for several times: of a page, for each of its links. */
const patterns = new WeakMap<URL, string | null>();

function makePattern(url: URL): string | null {
  const keys = keysOf(url);
  if (keys === null && !/\d/.test(url.pathname)) return null;
  const segments = url.pathname.split("/");
  const path = segments.map((segment) => (/\d/.test(segment) ? "#" : segment)).join("/");
  return `${url.origin}${path}${keys === null ? "" : `?${keys}`}`;
}

/** The keys of the query, sorted, each as often as it occurs; null without a query. */
function keysOf(url: URL): string | null {
  if (url.search === "") return null;
  const keys = url.search.slice(1).split("&");
  return keys
    .map((pair) => pair.slice(0, Math.max(0, pair.indexOf("="))))
    .sort()
    .join("&");
}
