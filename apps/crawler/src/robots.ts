import { normalizeEscapes } from "./url.js";

/** What is parsed of a robots.txt, in bytes; RFC 9309 section 2.5 asks for at least this much. */
export const ROBOTS_MAX_BYTES: number = 500 * 1024;

/** The longest crawl-delay that is honoured, in ms: a longer one would stall the host for good. */
const MAX_CRAWL_DELAY = 60_000;

/** One allow or disallow line, its pattern cut at the `*`s. */
interface Rule {
  readonly allow: boolean;
  /** Length of the normalised pattern in octets: the longest pattern that matches decides. */
  readonly length: number;
  readonly pieces: readonly string[];
  /** The pattern ended in `$`. */
  readonly anchored: boolean;
}

/** The rules of one robots.txt for one crawler. Rules for other crawlers are not kept. */
export interface RobotsRules {
  readonly rules: readonly Rule[];
  /** Milliseconds between two requests (`Crawl-delay`, not in the RFC), or null. */
  readonly crawlDelay: number | null;
  readonly sitemaps: readonly string[];
}

/**
 * The product token of a User-Agent header: the name robots.txt groups are matched with (RFC 9309
 * section 2.2.1). `greenlit-crawler/1.0 (+https://...)` gives `greenlit-crawler`; `Mozilla/5.0
 * (compatible; SomeBot/2)` gives `SomeBot`.
 */
export function productToken(userAgent: string): string {
  const compatible = /^Mozilla\/.*?\(compatible;\s*([A-Za-z_-]+)/.exec(userAgent);
  return compatible?.[1] ?? /^[A-Za-z_-]*/.exec(userAgent)?.[0] ?? "";
}

/**
 * Parses a robots.txt (RFC 9309 section 2.2). Never throws: a line that makes no sense is ignored.
 *
 * @param body the file; bytes after the first 500 KiB are not looked at
 * @param token product token of the crawler, compared without case
 */
export function parseRobots(body: Uint8Array, token: string): RobotsRules {
  const mine = token.toLowerCase();
  const specific: Group = { rules: [], crawlDelay: null };
  const general: Group = { rules: [], crawlDelay: null };
  const sitemaps: string[] = [];
  let named = false; // the file has a group for this crawler, perhaps an empty one
  // Null before the first user-agent line: rules there are ignored.
  let current: Set<Group> | null = null;
  let header = false; // in a run of user-agent lines, which together head one group

  for (const line of linesOf(body)) {
    const { key, value } = parseLine(line);
    if (key === "user-agent") {
      if (!header || current === null) current = new Set();
      header = true;
      const agent = agentOf(value);
      if (agent === "*") current.add(general);
      else if (agent !== "" && agent === mine) {
        current.add(specific);
        named = true;
      }
    } else if (key === "allow" || key === "disallow") {
      header = false;
      if (value === "") continue; // an empty pattern matches nothing
      for (const group of current ?? []) group.rules.push(rule(key === "allow", value));
    } else if (key === "crawl-delay") {
      // Other records must not interfere with the groups (section 2.2.4), so a user-agent run goes
      // on after it.
      const seconds = Number(value);
      if (!(seconds >= 0) || value === "") continue;
      for (const group of current ?? [])
        group.crawlDelay ??= Math.min(seconds * 1000, MAX_CRAWL_DELAY);
    } else if (key === "sitemap") {
      sitemaps.push(value);
    }
  }
  const { rules, crawlDelay } = named ? specific : general;
  return { rules, crawlDelay, sitemaps };
}

/**
 * Whether the rules let the crawler fetch a URL: the longest matching pattern decides, allow wins a
 * tie, and what no rule matches is allowed (RFC 9309 section 2.2.2). `/robots.txt` itself is always
 * allowed.
 */
export function isAllowed(robots: RobotsRules, url: URL): boolean {
  const path = encodePath(url.pathname + url.search);
  if (path === "/robots.txt") return true;
  let best = 0;
  let allowed = true;
  for (const rule of robots.rules) {
    if (rule.length < best || (rule.length === best && !rule.allow)) continue;
    if (!matches(rule, path)) continue;
    best = rule.length;
    allowed = rule.allow;
  }
  return allowed;
}

interface Group {
  rules: Rule[];
  crawlDelay: number | null;
}

/** Spellings people use for the three names, and that crawlers have always understood. */
const SPELLINGS = new Map([
  ["useragent", "user-agent"],
  ["user agent", "user-agent"],
  ["dissallow", "disallow"],
  ["dissalow", "disallow"],
  ["disalow", "disallow"],
  ["diasllow", "disallow"],
  ["disallaw", "disallow"],
  ["site-map", "sitemap"],
]);

function linesOf(body: Uint8Array): string[] {
  const length = Math.min(body.length, ROBOTS_MAX_BYTES);
  const text = Buffer.from(body.buffer, body.byteOffset, length).toString("utf8");
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/);
  // The cap cut this line: half a pattern would forbid too much.
  if (length < body.length) lines.pop();
  return lines;
}

/** Key in lower case and value of a line; the key is empty when the line is no record. */
function parseLine(line: string): { key: string; value: string } {
  const hash = line.indexOf("#");
  // ASCII white space only: `trim` would also take a byte order mark in mid-file for white space.
  const content = (hash < 0 ? line : line.slice(0, hash)).replace(/^[ \t\v\f]+|[ \t\v\f]+$/g, "");
  // Some write `Disallow /path`, without the colon.
  const record = /^([^:]*?)[ \t]*:[ \t]*(.*)$/.exec(content) ?? /^(\S+)\s+(\S+)$/.exec(content);
  const key = record?.[1]?.toLowerCase() ?? "";
  return { key: SPELLINGS.get(key) ?? key, value: record?.[2] ?? "" };
}

/** `FooBot/2.1 news` names the agent `foobot`; `*` names everybody. */
function agentOf(value: string): string {
  if (/^\*(\s|$)/.test(value)) return "*";
  return /^[A-Za-z_-]*/.exec(value)![0].toLowerCase();
}

function rule(allow: boolean, value: string): Rule {
  const anchored = value.endsWith("$");
  // A `$` that is not at the end is an ordinary character.
  const pattern = encode(anchored ? value.slice(0, -1) : value).replaceAll("$", "%24");
  return {
    allow,
    length: pattern.length + (anchored ? 1 : 0),
    pieces: pattern.split("*"),
    anchored,
  };
}

/** Leftmost matching of the pieces is enough, so a pattern of many `*`s costs no backtracking. */
function matches({ pieces, anchored }: Rule, path: string): boolean {
  const first = pieces[0]!;
  if (!path.startsWith(first)) return false;
  let at = first.length;
  const last = pieces.length - 1;
  if (last === 0) return !anchored || at === path.length;
  for (let i = 1; i < last; i++) {
    const found = path.indexOf(pieces[i]!, at);
    if (found < 0) return false;
    at = found + pieces[i]!.length;
  }
  const tail = pieces[last]!;
  return anchored
    ? path.length - tail.length >= at && path.endsWith(tail)
    : path.indexOf(tail, at) >= 0;
}

/**
 * A URL's path in the form patterns are compared in: `*` and `$` in it are meant literally (section
 * 2.2.3).
 */
function encodePath(path: string): string {
  return encode(path).replaceAll("*", "%2A").replaceAll("$", "%24");
}

/** Percent-encodes what is not printable ASCII, and makes escapes uniform (section 2.2.2). */
function encode(text: string): string {
  const ascii = text.replace(/[^\x21-\x7E]/gu, (character) =>
    Buffer.from(character, "utf8").toString("hex").replace(/../g, "%$&"),
  );
  return normalizeEscapes(ascii);
}
