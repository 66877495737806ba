import { createRequire } from "node:module";
import type { CheerioAPI } from "cheerio";
import { parseDocument } from "./document.js";
import { type Page, PARSING_BUDGET } from "./fetcher.js";
import type { Link } from "./links.js";
import { Pace } from "./pace.js";
import type { Entry } from "./schedule.js";

/** What a crawl does with each page. May block, as all code in a greenlet. */
export type PageHandler = (page: CrawledPage) => void;

/** @throws TypeError when it is none: a crawl would call it with each page, in vain */
export function checkHandler(handler: unknown): PageHandler | null {
  if (handler === null || typeof handler === "function") return handler as PageHandler | null;
  throw new TypeError(`the handler must be a function, not ${typeof handler}`);
}

const require = createRequire(import.meta.url);

/**
 * A page as its handler sees it: an HTML page that answered 2xx.
 *
 * What the handler emits and follows counts once it has returned, all of it together. If it
 * throws, nothing of it counts, and the page is recorded as failed with `handler`.
 */
export class CrawledPage {
  /** Where the page came from: where redirects led. */
  readonly url: string;
  readonly status: number;
  /** As the server sent it; empty when it sent none. */
  readonly contentType: string;
  readonly title: string | null;
  /** The body, decoded. */
  readonly text: string;
  /** Each link once, in the order of the page. */
  readonly links: readonly Link[];
  /** Links from a seed. */
  readonly depth: number;
  /** The page on which the URL was found first; null for a seed. */
  readonly referrer: string | null;
  private readonly xml: boolean;
  private readonly effects: Effects;
  private document: CheerioAPI | null = null;

  constructor(page: Page, entry: Entry, effects: Effects) {
    this.url = page.finalUrl;
    this.status = page.status;
    this.contentType = page.contentType;
    this.title = page.title;
    this.text = page.text;
    this.links = page.links;
    this.depth = entry.depth;
    this.referrer = entry.referrer;
    this.xml = page.xml;
    this.effects = effects;
  }

  /**
   * The document, as Cheerio: `page.$("h1").text()`. Parsed when it is first asked for; elements
   * deeper than 512 become children of the last one that is not.
   * @throws CrawlError `too-costly`
   */
  get $(): CheerioAPI {
    if (this.document === null) {
      // Loaded when first used: it takes as long to load as the rest of the crawler.
      const { load } = require("cheerio/slim") as typeof import("cheerio/slim");
      const { text, xml } = this;
      this.document = load(parseDocument(text, xml, new Pace(PARSING_BUDGET).step), { xml });
    }
    return this.document;
  }

  /**
   * Queues links of this page, as far as scope, traps and nofollow allow; what is known already is
   * not queued again.
   *
   * @param references absolute, or relative to `url`; without any, all of `links`
   */
  follow(...references: readonly (string | Link)[]): void {
    const links = references.map((it) => (typeof it === "string" ? resolve(it, this.url) : it));
    this.effects.links.push(...(references.length === 0 ? this.links : links));
  }

  /**
   * Writes an item to the crawl's items: a copy of anything that JSON can say.
   * @throws TypeError, RangeError when JSON cannot say it
   */
  emit(item: unknown): void {
    const json = JSON.stringify(item) as string | undefined;
    if (json === undefined) throw new TypeError("an item must be something that JSON can say");
    this.effects.items.push(JSON.parse(json));
  }
}

/** What a handler wants done when it has returned. */
export interface Effects {
  readonly links: Link[];
  readonly items: unknown[];
}

/** What is no URL stays as it is: the crawl counts it as such. */
function resolve(reference: string, base: string): Link {
  const href = URL.canParse(reference, base) ? new URL(reference, base).href : reference;
  return { href, nofollow: false };
}
