import { Parser } from "htmlparser2";

/** A reference to another page, as it stands in the HTML, resolved later. */
export interface Link {
  /** Absolute URL, or the text of the reference when it is not a valid URL. */
  readonly href: string;
  /**
   * The page asks crawlers not to follow it (`rel=nofollow`, `rel=ugc`, `rel=sponsored`, or meta
   * robots).
   */
  readonly nofollow: boolean;
}

export interface PageLinks {
  readonly title: string | null;
  /** Each reference once, in the order of the page. */
  readonly links: readonly Link[];
  /**
   * `<link rel=canonical>`, resolved. A statement about this page, so it is reported and not
   * followed.
   */
  readonly canonical: string | null;
}

/** How much text is parsed between two calls of `pause`. */
const SLICE = 64 * 1024;
const MAX_TITLE = 300;

/** Elements whose attribute leads to another page. */
const REFERENCES: Readonly<Record<string, string>> = {
  a: "href",
  area: "href",
  iframe: "src",
  frame: "src",
};

/**
 * `<link>` relations that lead to pages; the others lead to style sheets, icons, feeds and the
 * like.
 */
const PAGE_RELATIONS = new Set(["next", "prev", "alternate"]);
const NOFOLLOW_RELATIONS = ["nofollow", "ugc", "sponsored"];

/**
 * Finds the links of an HTML page. Never throws: whatever the bytes, the parser makes something of
 * them.
 *
 * @param html the decoded page
 * @param url where it came from; `<base href>` is resolved against it and then used for everything
 * else
 * @param pause called between slices of a large page, so that other greenlets get a turn
 */
export function extractLinks(html: string, url: string | URL, pause?: () => void): PageLinks {
  const found = new LinkCollector();
  const parser = new Parser({
    onopentag: (name, attributes) => found.open(name, attributes),
    ontext: (text) => found.text(text),
    onclosetag: (name) => found.close(name),
  });
  for (let at = 0; at < html.length; at += SLICE) {
    if (at > 0) pause?.();
    parser.write(html.slice(at, at + SLICE));
  }
  parser.end();
  return found.result(url);
}

class LinkCollector {
  private readonly references = new Map<string, boolean>();
  private base: string | null = null;
  private canonical: string | null = null;
  private title: string | null = null;
  private inTitle = false;
  private nofollowAll = false;

  open(name: string, attributes: Record<string, string>): void {
    const attribute = REFERENCES[name];
    if (attribute !== undefined) this.add(attributes[attribute], attributes.rel);
    else if (name === "link") this.link(attributes);
    else if (name === "meta") this.meta(attributes);
    else if (name === "base") this.base ??= attributes.href ?? null;
    else if (name === "title" && this.title === null) {
      this.title = "";
      this.inTitle = true;
    }
  }

  text(text: string): void {
    if (this.inTitle && this.title!.length < MAX_TITLE) this.title += text;
  }

  close(name: string): void {
    if (name === "title") this.inTitle = false;
  }

  result(url: string | URL): PageLinks {
    const base = this.base === null ? url : (resolve(this.base, url) ?? url);
    // Two spellings may resolve to one URL; it counts as nofollow only when every link to it does.
    const links = new Map<string, boolean>();
    for (const [reference, nofollow] of this.references) {
      const href = resolve(reference, base) ?? flatten(reference);
      links.set(href, (links.get(href) ?? true) && (nofollow || this.nofollowAll));
    }
    const title = this.title?.replace(/\s+/g, " ").trim().slice(0, MAX_TITLE);
    return {
      title: title === undefined ? null : flatten(title),
      links: [...links].map(([href, nofollow]) => ({ href, nofollow })),
      canonical: this.canonical === null ? null : resolve(this.canonical, base),
    };
  }

  private add(reference: string | undefined, rel: string | undefined): void {
    const trimmed = reference?.trim();
    if (trimmed === undefined || trimmed.startsWith("#")) return;
    const nofollow = NOFOLLOW_RELATIONS.some((relation) => relations(rel).includes(relation));
    this.references.set(trimmed, (this.references.get(trimmed) ?? true) && nofollow);
  }

  private link({ rel, href, type }: Record<string, string>): void {
    if (relations(rel).includes("canonical")) this.canonical ??= href ?? null;
    const toPage = relations(rel).some((relation) => PAGE_RELATIONS.has(relation));
    if (toPage && (type === undefined || /html/i.test(type))) this.add(href, rel);
  }

  private meta(attributes: Record<string, string>): void {
    const content = attributes.content ?? "";
    if (attributes.name?.toLowerCase() === "robots") this.nofollowAll ||= forbidsFollowing(content);
    if (attributes["http-equiv"]?.toLowerCase() === "refresh")
      this.add(refreshTarget(content), undefined);
  }
}

/** Whether a meta robots content or an X-Robots-Tag header asks not to follow the page's links. */
export function forbidsFollowing(directives: string): boolean {
  return /(?:^|[\s,:])(?:nofollow|none)(?:$|[\s,])/i.test(directives);
}

/**
 * The URL of `<meta http-equiv=refresh content="5; url=/next">` (HTML standard, "shared declarative
 * refresh steps").
 */
function refreshTarget(content: string): string | undefined {
  const refresh = /^\s*[\d.]+\s*[;,\s]\s*(?:url\s*=\s*)?(?:"([^"]*)"?|'([^']*)'?|(.+))$/i.exec(
    content,
  );
  return refresh?.[1] ?? refresh?.[2] ?? refresh?.[3];
}

function relations(rel: string | undefined): string[] {
  return rel === undefined ? [] : rel.toLowerCase().split(/\s+/);
}

function resolve(reference: string, base: string | URL): string | null {
  try {
    return new URL(reference, base).href;
  } catch {
    return null;
  }
}

/**
 * A copy that shares no memory with the page. What the parser returns are slices of the page's
 * text, and V8 keeps the whole page alive for as long as one of its slices is: a frontier of short
 * strings would hold gigabytes.
 */
function flatten(text: string): string {
  return Buffer.from(text, "utf8").toString("utf8");
}
