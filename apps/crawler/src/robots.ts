import { RuleSet } from "./robots-rules.js";

/** What is parsed of a robots.txt, in bytes; RFC 9309 section 2.5 asks for at least this much. */
export const ROBOTS_MAX_BYTES: number = 500 * 1024;

/** The longest crawl-delay that is honoured, in ms: a longer one would stall the host for good. */
const MAX_CRAWL_DELAY = 60_000;

/** The rules of one robots.txt for one crawler. Rules for other crawlers are not kept. */
export interface RobotsRules {
  readonly rules: RuleSet;
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
  const compatible = /^Mozilla\/[^(]*\(compatible;\s*([A-Za-z_-]+)/.exec(userAgent);
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
  const specific: Group = { rules: new RuleSet(), crawlDelay: null };
  const general: Group = { rules: new RuleSet(), crawlDelay: null };
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
      for (const group of current ?? []) group.rules.add(key === "allow", value);
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
  const path = url.pathname + url.search;
  return path === "/robots.txt" || robots.rules.allow(path);
}

interface Group {
  rules: RuleSet;
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
  const content = trim(hash < 0 ? line : line.slice(0, hash));
  const colon = content.indexOf(":");
  // Some write `Disallow /path`, without the colon.
  const border = colon < 0 ? content.search(/[ \t\v\f]/) : colon;
  if (border < 0) return { key: "", value: "" };
  const key = trim(content.slice(0, border)).toLowerCase();
  const value = trim(content.slice(border + 1));
  if (colon < 0 && /[ \t\v\f]/.test(value)) return { key: "", value: "" };
  return { key: SPELLINGS.get(key) ?? key, value };
}

/**
 * Without ASCII white space at its ends: `trim` would also take a byte order mark in mid-file for
 * white space, and a regular expression would try each blank of a long run anew.
 */
function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0b || code === 0x0c;
}

/** `FooBot/2.1 news` names the agent `foobot`; `*` names everybody. */
function agentOf(value: string): string {
  if (/^\*(\s|$)/.test(value)) return "*";
  return /^[A-Za-z_-]*/.exec(value)![0].toLowerCase();
}
