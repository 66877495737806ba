import { styleReferences } from "./css.js";
import { flatten } from "./flatten.js";
import { webUrl } from "./links.js";
import { MarkupReader, type Tag } from "./markup.js";
import { parseRefresh } from "./refresh.js";
import { parseUrl, resolveReference } from "./url.js";

/**
 * By which element, or header, a page refers to something. `style`: by CSS, which says nothing of
 * what it is: an image, a font ...
 */
export type ReferenceKind =
  | "link"
  | "frame"
  | "refresh"
  | "canonical"
  | "alternate"
  | "next"
  | "prev"
  | "image"
  | "script"
  | "stylesheet"
  | "icon"
  | "manifest"
  | "preload"
  | "media"
  | "object"
  | "style"
  | "cite"
  | "form"
  | "header"
  | "sitemap";

/** What a page consists of: a browser fetches it with the page. */
const REQUISITES: ReadonlySet<ReferenceKind> = new Set([
  "image",
  "script",
  "stylesheet",
  "icon",
  "manifest",
  "preload",
  "media",
  "object",
  "style",
]);

export function isRequisite(kind: ReferenceKind): boolean {
  return REQUISITES.has(kind);
}

/** Where a page refers to something. Equal ones of one page are told once. */
export interface Reference {
  readonly kind: ReferenceKind;
  /** Absolute, in the crawler's spelling, with its fragment; as it stands there if no URL. */
  readonly href: string;
  /** Of the first one, from 1; null for a header, or a sitemap. */
  readonly line: number | null;
  /** `bad-url`: it is no URL. `empty`: nothing stands there, which means the page itself. */
  readonly problem?: "bad-url" | "empty";
}

/** Everything a page refers to, and everything that fragments can point at. */
export interface Inventory {
  readonly references: readonly Reference[];
  /** What fragments may name: `id` of any element, `name` of an `<a>`. Null: too many to keep. */
  readonly anchors: readonly string[] | null;
}

export interface InventoryOptions {
  /** See `ExtractOptions`. */
  readonly xml?: boolean;
  readonly encoding?: string;
  readonly pause?: () => void;
  /** Different references, and anchors, that are taken from one page at most. */
  readonly limit?: number;
}

const LIMIT = 50_000;
/** Characters of an anchor: longer ones nobody links to. */
const LONGEST_ANCHOR = 1_000;
/** References resolved between two calls of `pause`. */
const BATCH = 256;

/** For elements that refer to one thing by one attribute. */
const BY_ELEMENT: Readonly<Record<string, { attribute: string; kind: ReferenceKind }>> = {
  a: { attribute: "href", kind: "link" },
  area: { attribute: "href", kind: "link" },
  iframe: { attribute: "src", kind: "frame" },
  frame: { attribute: "src", kind: "frame" },
  script: { attribute: "src", kind: "script" },
  audio: { attribute: "src", kind: "media" },
  track: { attribute: "src", kind: "media" },
  embed: { attribute: "src", kind: "object" },
  object: { attribute: "data", kind: "object" },
  form: { attribute: "action", kind: "form" },
  image: { attribute: "href", kind: "image" },
  use: { attribute: "href", kind: "image" },
  blockquote: { attribute: "cite", kind: "cite" },
  q: { attribute: "cite", kind: "cite" },
  ins: { attribute: "cite", kind: "cite" },
  del: { attribute: "cite", kind: "cite" },
};

/** For each relation of a `<link>` that names something to fetch. */
const BY_RELATION: Readonly<Record<string, ReferenceKind>> = {
  stylesheet: "stylesheet",
  icon: "icon",
  "apple-touch-icon": "icon",
  "mask-icon": "icon",
  manifest: "manifest",
  preload: "preload",
  modulepreload: "preload",
  canonical: "canonical",
  alternate: "alternate",
  next: "next",
  prev: "prev",
};

/**
 * Reads all of a page, in time that grows with its length. It is a pass of its own, for those who
 * want to know everything: a crawl needs only where to go on, see `extractLinks`.
 *
 * @param url where the page came from
 */
export function takeInventory(
  html: string,
  url: URL,
  { xml = false, encoding, pause, limit = LIMIT }: InventoryOptions = {},
): Inventory {
  const collector = new Collector(html, limit, pause);
  new MarkupReader(html, xml, collector).read(pause);
  return collector.result(url, encoding);
}

/** What a style sheet refers to. */
export function takeStyleInventory(
  css: string,
  url: URL,
  { encoding, pause, limit = LIMIT }: Omit<InventoryOptions, "xml"> = {},
): Inventory {
  const collector = new Collector(css, limit, pause);
  collector.style(css, 0);
  return { ...collector.result(url, encoding), anchors: null };
}

interface Found {
  readonly kind: ReferenceKind;
  readonly reference: string;
  readonly line: number;
}

class Collector {
  private readonly html: string;
  private readonly limit: number;
  private readonly pause: (() => void) | undefined;
  private readonly found = new Map<string, Found>();
  private readonly anchors = new Set<string>();
  private base: string | null = null;
  /** Of a `<style>` that is being read. */
  private css = "";
  private cssAt = 0;
  private line = 1;
  private at = 0;

  constructor(html: string, limit: number, pause: (() => void) | undefined) {
    this.html = html;
    this.limit = limit;
    this.pause = pause;
  }

  /** Any element may have an id. */
  wants(): boolean {
    return true;
  }

  titleText(): void {}

  styleText(text: string, at: number): void {
    if (this.css === "") this.cssAt = at;
    this.css += text;
  }

  /** @param start where it stands in the page */
  style(css: string | undefined, start: number, step = 1): void {
    if (css === undefined) return;
    for (const { reference, at, isImport } of styleReferences(css, this.pause))
      this.add(isImport ? "stylesheet" : "style", reference, start + step * at);
  }

  open(name: string, tag: Tag, at: number): void {
    this.endStyle();
    this.style(tag.get("style"), at, 0);
    this.add("image", tag.get("background"), at);
    this.anchor(tag.get("id"));
    if (name === "a") this.anchor(tag.get("name"));
    const rule = Object.hasOwn(BY_ELEMENT, name) ? BY_ELEMENT[name] : undefined;
    if (rule !== undefined) {
      this.add(rule.kind, tag.get(rule.attribute) ?? xlink(rule.attribute, tag), at);
    } else if (name === "img" || name === "source" || name === "video" || name === "input") {
      this.picture(name, tag, at);
    } else if (name === "link") this.link(tag, at);
    else if (name === "base") this.base ??= tag.get("href") ?? null;
    else if (name === "meta" && tag.get("http-equiv")?.toLowerCase() === "refresh")
      this.add("refresh", parseRefresh(tag.get("content") ?? "") ?? undefined, at);
  }

  result(url: URL, encoding: string | undefined): Inventory {
    this.endStyle();
    const base = (this.base === null ? null : webUrl(this.base, url)) ?? url;
    const references = new Map<string, Reference>();
    let done = 0;
    for (const { kind, reference, line } of this.found.values()) {
      if (++done % BATCH === 0) this.pause?.();
      const resolved = resolve(kind, reference, base, encoding);
      if (resolved === null) continue;
      const key = `${kind} ${resolved.href}`;
      if (!references.has(key)) references.set(key, { ...resolved, line });
    }
    return {
      references: [...references.values()],
      anchors: this.anchors.size > this.limit ? null : [...this.anchors],
    };
  }

  private endStyle(): void {
    if (this.css === "") return;
    this.style(this.css, this.cssAt);
    this.css = "";
  }

  private picture(name: string, tag: Tag, at: number): void {
    const isImage = name === "img" || (name === "input" && tag.get("type") === "image");
    if (isImage) this.add("image", tag.get("src"), at);
    else if (name !== "input") this.add("media", tag.get("src"), at);
    this.add("image", tag.get("poster"), at);
    for (const candidate of candidates(tag.get("srcset"))) this.add("image", candidate, at);
  }

  private link(tag: Tag, at: number): void {
    const relations = (tag.get("rel") ?? "").toLowerCase().split(/[ \t\n\f\r]/);
    // An alternate style sheet is a style sheet.
    const relation = relations.includes("stylesheet")
      ? "stylesheet"
      : relations.find((relation) => Object.hasOwn(BY_RELATION, relation));
    if (relation === undefined) return;
    this.add(BY_RELATION[relation]!, tag.get("href"), at);
    for (const candidate of candidates(tag.get("imagesrcset"))) this.add("preload", candidate, at);
  }

  private add(kind: ReferenceKind, reference: string | undefined, at: number): void {
    if (reference === undefined) return;
    // Within the page: part of a picture that is part of it.
    if (isRequisite(kind) && reference.startsWith("#")) return;
    const trimmed = reference.trim();
    const key = `${kind} ${trimmed}`;
    if (this.found.has(key) || this.found.size >= this.limit) return;
    this.found.set(key, { kind, reference: trimmed, line: this.lineOf(at) });
  }

  private anchor(name: string | undefined): void {
    if (name === undefined || name === "" || name.length > LONGEST_ANCHOR) return;
    if (this.anchors.size <= this.limit) this.anchors.add(flatten(name));
  }

  /** Tags come in the order of the page: each line is counted once. */
  private lineOf(at: number): number {
    for (let next = this.html.indexOf("\n", this.at); next >= 0 && next < at;) {
      this.line++;
      this.at = next + 1;
      next = this.html.indexOf("\n", this.at);
    }
    return this.line;
  }
}

/** In SVG of before 2018 the attribute has a prefix. */
function xlink(attribute: string, tag: Tag): string | undefined {
  return attribute === "href" ? tag.get("xlink:href") : undefined;
}

/** @returns null for what is no address of the web, `mailto:` say */
function resolve(
  kind: ReferenceKind,
  reference: string,
  base: URL,
  encoding: string | undefined,
): Omit<Reference, "line"> | null {
  // A form without an action is sent to its page, which is what most mean.
  if (reference === "") return kind === "form" ? null : { kind, href: base.href, problem: "empty" };
  const resolved = resolveReference(reference, base, encoding);
  const { url, reason } = parseUrl(resolved ?? reference);
  if (url !== null) return { kind, href: flatten(url.href + fragmentOf(resolved!)) };
  if (reason === "unsupported-scheme" && !isMisspelt(resolved ?? reference)) return null;
  return { kind, href: flatten(reference.slice(0, 2_000)), problem: "bad-url" };
}

function fragmentOf(href: string): string {
  const hash = href.indexOf("#");
  return hash < 0 ? "" : href.slice(hash);
}

/** `htp://example.org`, `https//example.org`: schemes that are no others than these, misspelt. */
function isMisspelt(href: string): boolean {
  return /^(?:h+t+p+s*|t{1,2}ps?|hptts?):/i.test(href);
}

/** The addresses in a `srcset` (HTML standard, "parse a srcset attribute"), one pass. */
function candidates(srcset: string | undefined): string[] {
  const found: string[] = [];
  for (let at = 0; srcset !== undefined && at < srcset.length;) {
    while (at < srcset.length && /[\s,]/.test(srcset[at]!)) at++;
    const start = at;
    while (at < srcset.length && !/\s/.test(srcset[at]!)) at++;
    let end = at;
    while (end > start && srcset[end - 1] === ",") end--;
    if (end > start) found.push(srcset.slice(start, end));
    // Descriptors follow, up to a comma, unless the address ended with one.
    if (end === at) for (; at < srcset.length && srcset[at] !== ","; at++);
  }
  return found;
}
