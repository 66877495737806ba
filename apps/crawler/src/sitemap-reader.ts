import { decodeXML } from "entities/decode";
import { decodePage } from "./charset.js";
import { decompress } from "./content-encoding.js";
import { flatten } from "./flatten.js";
import type { Link } from "./links.js";
import { Tokenizer, type TokenSink } from "./tokenizer.js";
import { resolveReference } from "./url.js";

/** What is read of a sitemap, in bytes, as received and as decompressed (sitemaps.org/protocol). */
export const SITEMAP_MAX_BYTES: number = 50 * 1024 * 1024;
/** URLs that one may have, by the same rules. */
const MAX_URLS = 50_000;
/** Longer ones are none, in characters. */
const MAX_LENGTH = 10_000;

export interface SitemapLinks {
  /** Pages, and other sitemaps (`sitemap`), each once, in the order of the file. */
  readonly links: readonly Link[];
  /** URLs beyond as many as a sitemap may have. */
  readonly dropped: number;
}

/**
 * Reads a sitemap: an XML one, an index of others, RSS, Atom, or plain text with a URL on each
 * line; compressed by gzip or not. It takes time in step with its length, keeps no tree, and knows
 * no entities but those of XML itself. What is none of these has no links.
 *
 * @param body its first {@link SITEMAP_MAX_BYTES} bytes
 * @param url where it came from
 * @param charset of its Content-Type
 * @param pause called again and again, so that others get a turn
 * @throws CrawlError `bad-encoding`
 */
export function readSitemap(
  body: Buffer,
  url: URL,
  charset?: string,
  pause?: () => void,
): SitemapLinks {
  const isGzip = body[0] === 0x1f && body[1] === 0x8b;
  const bytes = isGzip ? decompress(body, "gzip", { limit: SITEMAP_MAX_BYTES, cut: true }) : body;
  const { text } = decodePage(bytes, { charset, xml: true }, pause);
  const collector = new LocationCollector(text, url);
  if (/^\s*</.test(text.slice(0, 1_000))) new Tokenizer(text, true, collector).read(pause);
  else for (const line of linesOf(text)) collector.addLine(line, pause);
  return collector;
}

/** In which element the page's address stands, by the name of the file's first element. */
const FORMATS: Readonly<Record<string, Format>> = {
  urlset: { entry: "url", location: "loc", isIndex: false },
  sitemapindex: { entry: "sitemap", location: "loc", isIndex: true },
  rss: { entry: "item", location: "link", isIndex: false },
  rdf: { entry: "item", location: "link", isIndex: false },
  feed: { entry: "entry", location: "link", isIndex: false },
};

interface Format {
  readonly entry: string;
  readonly location: string;
  readonly isIndex: boolean;
}

class LocationCollector implements TokenSink, SitemapLinks {
  readonly links: Link[] = [];
  dropped = 0;
  private readonly source: string;
  private readonly url: URL;
  private readonly known = new Set<string>();
  private format: Format | null = null;
  private isFirst = true;
  /** Of the first element, `sm:` say: an `image:loc` is no `loc`. */
  private prefix = "";
  private inEntry = false;
  /** The text of the location at hand, in pieces; null outside of one. */
  private location: string | null = null;
  /** Of Atom's `<link>`. */
  private tag: { href: string; rel: string } | null = null;
  private name = "";

  constructor(text: string, url: URL) {
    this.source = text;
    this.url = url;
  }

  /** One line of a sitemap that is plain text. */
  addLine(line: string, pause: () => void = () => {}): void {
    if (this.known.size % 256 === 0) pause();
    const trimmed = line.trim();
    if (/^https?:/i.test(trimmed)) this.add(trimmed, false);
  }

  openTag(start: number, end: number): boolean {
    this.name = this.source.slice(start, Math.min(end, start + 100));
    if (this.isFirst) this.begin();
    this.tag = this.isLocation() ? { href: "", rel: "" } : null;
    return this.tag !== null;
  }

  attribute(start: number, end: number, value: string): void {
    if (this.tag === null) return;
    const name = this.source.slice(start, end);
    if (name === "href" || name === "rel") this.tag[name] = value;
  }

  openTagEnd(selfClosing: boolean): string {
    if (this.isEntry()) this.inEntry = !selfClosing;
    else if (this.tag !== null) this.openLocation(this.tag, selfClosing);
    return "";
  }

  closeTag(start: number, end: number): void {
    this.name = this.source.slice(start, Math.min(end, start + 100));
    if (this.isEntry()) this.inEntry = false;
    else if (this.location !== null && this.isLocation()) {
      this.add(decodeXML(this.location).trim(), this.format!.isIndex);
      this.location = null;
    }
  }

  text(start: number, end: number): void {
    if (this.location !== null && this.location.length <= MAX_LENGTH)
      this.location += this.source.slice(start, Math.min(end, start + MAX_LENGTH + 1));
  }

  isForeign(): boolean {
    return false;
  }

  private begin(): void {
    this.isFirst = false;
    const colon = this.name.indexOf(":") + 1;
    const local = this.name.slice(colon).toLowerCase();
    if (!Object.hasOwn(FORMATS, local)) return;
    this.format = FORMATS[local]!;
    // RDF's own elements have a prefix, the items have none.
    if (local !== "rdf") this.prefix = this.name.slice(0, colon);
  }

  private isEntry(): boolean {
    return this.format !== null && this.name === this.prefix + this.format.entry;
  }

  private isLocation(): boolean {
    return this.inEntry && this.name === this.prefix + this.format!.location;
  }

  /** Atom has the address in an attribute, the others have it in the text. */
  private openLocation({ href, rel }: { href: string; rel: string }, selfClosing: boolean): void {
    if (href !== "" && (rel === "" || rel === "alternate")) this.add(href.trim(), false);
    else if (href === "" && !selfClosing) this.location = "";
  }

  private add(reference: string, isSitemap: boolean): void {
    const href = reference.length > MAX_LENGTH ? null : resolveReference(reference, this.url);
    if (reference === "" || href === null || this.known.has(href)) return;
    if (this.known.size >= MAX_URLS) {
      this.dropped++;
      return;
    }
    const kept = flatten(href);
    this.known.add(kept);
    this.links.push({ href: kept, nofollow: false, ...(isSitemap ? { sitemap: true } : {}) });
  }
}

function* linesOf(text: string): Generator<string> {
  for (let start = 0; start < text.length;) {
    const end = text.indexOf("\n", start);
    yield text.slice(start, end < 0 ? text.length : end);
    start = end < 0 ? text.length : end + 1;
  }
}
