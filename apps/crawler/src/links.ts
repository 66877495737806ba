import { collapse } from "./collapse.js";
import { flatten } from "./flatten.js";
import { MarkupReader, type Tag } from "./markup.js";
import { forbidsFollowing, forbidsIndexing } from "./robots-directives.js";
import { parseRefresh } from "./refresh.js";
import { Resolver } from "./resolver.js";
import { resolveReference } from "./url.js";

/** A reference to another page, as it stands in the HTML, resolved later. */
export interface Link {
  /** Absolute URL, or the text of the reference when it is not a valid URL. */
  readonly href: string;
  /**
   * The page asks crawlers not to follow it (`rel=nofollow`, `rel=ugc`, `rel=sponsored`, or meta
   * robots).
   */
  readonly nofollow: boolean;
  /** It leads to a part of the page: an image, a style sheet, a script ... */
  readonly requisite?: boolean;
  /** A sitemap lists it as a sitemap. */
  readonly sitemap?: boolean;
}

export interface PageLinks {
  readonly title: string | null;
  /** Each reference once, in the order of the page. */
  readonly links: readonly Link[];
  /** References beyond the limit, which are in nobody's list. */
  readonly dropped: number;
  /**
   * `<link rel=canonical>`, resolved. A statement about this page, so it is reported and not
   * followed.
   */
  readonly canonical: string | null;
  /** The page asks not to be shown in search results, by meta robots. */
  readonly noindex: boolean;
  /** Equal for pages whose text differs in numbers only. */
  readonly fingerprint: number;
}

export interface ExtractOptions {
  /** The page is XML: names have case, `<a/>` is closed, scripts are no special text. */
  readonly xml?: boolean;
  /** The page's encoding: that of the queries of its links. Default: utf-8. */
  readonly encoding?: string;
  /** Product token of the crawler, for `<meta name="mycrawler" content="nofollow">`. */
  readonly token?: string;
  /** Different references taken from one page at most. Default: 50,000. */
  readonly maxLinks?: number;
  /** Called between pieces of a large page, so that other greenlets get a turn. */
  readonly pause?: () => void;
}

const MAX_TITLE = 300;
const MAX_LINKS = 50_000;
/** References resolved between two calls of `pause`. */
const BATCH = 256;

/** Elements whose attribute leads to another page. */
const REFERENCES: ReadonlyMap<string, string> = new Map([
  ["a", "href"],
  ["area", "href"],
  ["iframe", "src"],
  ["frame", "src"],
]);

const ELEMENTS = new Set([...REFERENCES.keys(), "link", "meta", "base"]);

/**
 * `<link>` relations that lead to pages; the others lead to style sheets, icons, feeds and the
 * like.
 */
const PAGE_RELATIONS = new Set(["next", "prev", "alternate"]);
const NOFOLLOW_RELATIONS = new Set(["nofollow", "ugc", "sponsored"]);

/**
 * Finds the links of an HTML page, in time that grows with its length and with nothing else. Throws
 * nothing but what `pause` throws: whatever the text, something is made of it.
 *
 * @param html the decoded page
 * @param url where it came from; `<base href>` is resolved against it and then used for everything
 * else
 */
export function extractLinks(
  html: string,
  url: string | URL,
  options: ExtractOptions = {},
): PageLinks {
  const found = new LinkCollector(options);
  const reader = new MarkupReader(html, options.xml === true, found);
  reader.read(options.pause);
  return found.result(new URL(url), reader.fingerprint);
}

/** Whether a `<link>`, or a Link header, leads to a page. */
export function leadsToPage(rel: string | undefined, type: string | undefined): boolean {
  const relations = tokens(rel);
  if (relations.includes("stylesheet")) return false;
  if (type !== undefined && !type.toLowerCase().includes("html")) return false;
  return relations.some((relation) => PAGE_RELATIONS.has(relation));
}

class LinkCollector {
  private readonly options: ExtractOptions;
  private readonly maxLinks: number;
  private readonly references = new Map<string, boolean>();
  private dropped = 0;
  private base: string | null = null;
  private canonical: string | null = null;
  private title: string | null = null;
  private nofollowAll = false;
  private noindex = false;

  constructor(options: ExtractOptions) {
    this.options = options;
    this.maxLinks = options.maxLinks ?? MAX_LINKS;
  }

  /** In SVG and MathML the only element that leads anywhere is the link. */
  wants(name: string, isForeign: boolean): boolean {
    return isForeign ? name === "a" : ELEMENTS.has(name);
  }

  open(name: string, tag: Tag): void {
    const attribute = REFERENCES.get(name);
    if (attribute !== undefined) this.add(tag.get(attribute), tag.get("rel"));
    else if (name === "link") this.link(tag);
    else if (name === "meta") this.meta(tag);
    else if (name === "base") this.base ??= tag.get("href") ?? null;
  }

  /** The text of a `<title>`, in pieces; the first is begun with an empty piece. */
  titleText(text: string): void {
    this.title ??= "";
    if (this.title.length < MAX_TITLE) this.title += text.slice(0, 10 * MAX_TITLE);
  }

  result(url: URL, fingerprint: number): PageLinks {
    const base = (this.base === null ? null : webUrl(this.base, url)) ?? url;
    const resolver = new Resolver(base, this.options.encoding);
    // Two spellings may resolve to one URL; it counts as nofollow only when every link to it does.
    const links = new Map<string, boolean>();
    let done = 0;
    for (const [reference, nofollow] of this.references) {
      if (++done % BATCH === 0) this.options.pause?.();
      // A link within the page, unless there is a base: then it leads to that.
      if (base === url && reference.startsWith("#")) continue;
      const href = resolver.resolve(reference) ?? flatten(reference);
      links.set(href, (links.get(href) ?? true) && (nofollow || this.nofollowAll));
    }
    return {
      title: this.title === null ? null : flatten(collapse(this.title).slice(0, MAX_TITLE)),
      links: Array.from(links, ([href, nofollow]) => ({ href, nofollow })),
      dropped: this.dropped,
      canonical: this.canonical === null ? null : resolver.resolve(this.canonical),
      noindex: this.noindex,
      fingerprint,
    };
  }

  private add(reference: string | undefined, rel: string | undefined): void {
    const trimmed = reference?.trim();
    if (trimmed === undefined) return;
    const nofollow = tokens(rel).some((relation) => NOFOLLOW_RELATIONS.has(relation));
    const known = this.references.get(trimmed);
    if (known === undefined && this.references.size >= this.maxLinks) this.dropped++;
    else this.references.set(trimmed, (known ?? true) && nofollow);
  }

  private link(tag: Tag): void {
    const rel = tag.get("rel");
    if (tokens(rel).includes("canonical")) this.canonical ??= tag.get("href") ?? null;
    if (leadsToPage(rel, tag.get("type"))) this.add(tag.get("href"), rel);
  }

  private meta(tag: Tag): void {
    const content = tag.get("content") ?? "";
    const name = tag.get("name")?.trim().toLowerCase();
    if (name === "robots" || (name !== undefined && name === this.options.token?.toLowerCase())) {
      this.nofollowAll ||= forbidsFollowing(content);
      this.noindex ||= forbidsIndexing(content);
    }
    if (tag.get("http-equiv")?.toLowerCase() === "refresh")
      this.add(parseRefresh(content) ?? undefined, undefined);
  }
}

/** The base a page asks for, where that is the address of a page. */
export function webUrl(reference: string, url: URL): URL | null {
  const href = resolveReference(reference.trim(), url);
  return href !== null && /^https?:/.test(href) ? new URL(href) : null;
}

/** The words of an attribute such as `rel`, in lower case. */
function tokens(text: string | undefined): string[] {
  return text === undefined ? [] : text.toLowerCase().split(/[ \t\n\f\r,]/);
}
