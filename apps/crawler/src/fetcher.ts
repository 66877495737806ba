import { Semaphore } from "greenlit";
import { decodePage } from "./charset.js";
import type { Answer, Client, Head, Wanted } from "./client.js";
import { type ContentType, isCss, isXml } from "./content-type.js";
import { CrawlError } from "./errors.js";
import { enter } from "./flights.js";
import { headerLinks } from "./header-links.js";
import { type Inventory, takeInventory, takeStyleInventory } from "./inventory.js";
import { extractLinks, type Link, type PageLinks } from "./links.js";
import { Pace } from "./pace.js";
import { redirectTarget } from "./redirect.js";
import { parseRetryAfter } from "./retry-after.js";
import { forbidsFollowing, forbidsIndexing, headersForbid } from "./robots-directives.js";
import { readSitemap, SITEMAP_MAX_BYTES } from "./sitemap-reader.js";
import { Stopwatch } from "./stopwatch.js";

/** What became of one URL. */
export interface Page {
  readonly url: string;
  /** Where the redirects led; `url` itself when there were none. */
  readonly finalUrl: string;
  readonly status: number;
  readonly contentType: string;
  /** Body bytes received. */
  readonly bytes: number;
  readonly title: string | null;
  /** The address that the page gives itself (`<link rel=canonical>`). */
  readonly canonical: string | null;
  /** It asks not to be shown in search results. */
  readonly noindex: boolean;
  /** The decoded body; empty when it was not parsed. */
  readonly text: string;
  /** Whether it was read and parsed: an HTML page that answered 2xx. */
  readonly parsed: boolean;
  /** Whether it is XHTML, whose rules are those of XML. */
  readonly xml: boolean;
  readonly links: readonly Link[];
  /** Links beyond the number that is taken from one page. */
  readonly droppedLinks: number;
  /** Equal for pages whose text differs in numbers only; null when it was not parsed. */
  readonly fingerprint: number | null;
  /** All that it refers to; null when nobody wants to know, or it was not parsed. */
  readonly inventory: Inventory | null;
  /** The host wants to be left alone for so many ms. */
  readonly retryAfter: number | null;
  /** Why the redirect to `finalUrl` was not followed, or null. */
  readonly stopped: string | null;
}

/**
 * Asked before each redirect is followed; may block until the other host may be asked.
 *
 * @returns null to go on, or the reason to stop
 */
export type Gate = (target: URL, status: number) => string | null;

/**
 * What a URL is expected to be; `part`: of a page elsewhere; `nothing`: its body does not matter.
 */
export type Reading = "page" | "part" | "sitemap" | "nothing";

export interface FetcherOptions {
  /** Whether pages may say that their links are not to be followed. */
  readonly obeysNofollow: boolean;
  /** Product token of the crawler, which pages may speak to. */
  readonly token: string;
  /** Whether pages are to have an inventory. */
  readonly inventory?: boolean;
  readonly observer?: Observer;
}

/** Is told of each request to a host, page or redirect. */
export interface Observer {
  /** @param latency ms until the end of the body */
  answered(url: URL, answer: Answer, latency: number): void;
  /** @param began by `performance.now()` */
  failed(url: URL, error: unknown, began: number): void;
}

/** Redirects followed for one page; the fetch standard allows 20, search engines 5 to 10. */
export const MAX_REDIRECTS = 10;
/** Ms of work on one page; a large one takes some hundred. */
export const PARSING_BUDGET = 5_000;
/** Pages parsed at once: more would only keep more half-parsed ones in memory. */
const PARSING_AT_ONCE = 4;

/** Sitemaps in memory at once. */
const SITEMAPS_AT_ONCE = 2;

const NOT_PARSED: Parsed = {
  title: null,
  canonical: null,
  noindex: false,
  text: "",
  links: [],
  dropped: 0,
  fingerprint: null,
  inventory: null,
};

type Parsed = Pick<Page, (keyof PageLinks & keyof Page) | "text" | "inventory"> & {
  readonly dropped: number;
};

/**
 * Fetches one page: redirects by hand, each hop through the gate, and the links when it is HTML.
 */
export class Fetcher {
  private readonly client: Client;
  private readonly options: FetcherOptions;
  private readonly parsing = new Semaphore(PARSING_AT_ONCE);
  private readonly sitemaps = new Semaphore(SITEMAPS_AT_ONCE);

  constructor(client: Client, options: FetcherOptions) {
    this.client = client;
    this.options = options;
  }

  /**
   * Blocks until the page is there.
   *
   * @param watch runs while a server is being waited for
   * @param reading what is expected, and to be read
   * @throws what `Client.get` throws, and CrawlError for redirects that lead nowhere
   */
  fetch(
    start: string,
    gate: Gate,
    watch: Stopwatch = new Stopwatch(),
    reading: Reading = "page",
  ): Page {
    if (reading !== "sitemap") return this.follow(start, gate, watch, reading);
    // Each takes a lot of memory.
    this.sitemaps.acquire();
    try {
      return this.follow(start, gate, watch, reading);
    } finally {
      this.sitemaps.release();
    }
  }

  private follow(start: string, gate: Gate, watch: Stopwatch, reading: Reading): Page {
    // A site may redirect to the same page once it has set a cookie.
    const chain = new Set<string>();
    const step = (url: URL): string => `${url.href}\n${this.client.cookies(url)}`;
    for (let url = new URL(start); ;) {
      chain.add(step(url));
      const answer = watch.time(() => this.get(url, reading));
      const target = redirectTarget(answer, url);
      if (target === null) return this.page(start, url, answer, reading);
      if (chain.has(step(target))) {
        throw new CrawlError("redirect-loop", `redirects in a circle: ${target.href}`);
      }
      if (chain.size > MAX_REDIRECTS) throw tooManyRedirects();
      const stopped = gate(target, answer.status);
      if (stopped !== null) return { ...this.page(start, target, answer, reading), stopped };
      url = target;
    }
  }

  private get(url: URL, reading: Reading): Answer {
    const { observer } = this.options;
    const began = performance.now();
    try {
      const answer = this.client.get(url, (head) => this.wantedOf(head, reading));
      observer?.answered(url, answer, performance.now() - began);
      return answer;
    } catch (error) {
      observer?.failed(url, error, began);
      throw error;
    }
  }

  private page(start: string, url: URL, answer: Answer, reading: Reading): Page {
    const parsed = this.parse(url, answer, reading);
    const { title, canonical, links, dropped, fingerprint, text, inventory } = parsed;
    const { obeysNofollow, token } = this.options;
    const tags = answer.headers("x-robots-tag");
    const nofollow = headersForbid(tags, token, forbidsFollowing);
    const inHeaders = headerLinks(answer, url).map((href) => ({ href, nofollow: false }));
    const all = inHeaders.length === 0 ? links : [...links, ...inHeaders];
    return {
      url: start,
      finalUrl: url.href,
      status: answer.status,
      contentType: answer.header("content-type") ?? "",
      bytes: answer.bytes,
      title,
      canonical,
      noindex: parsed.noindex || headersForbid(tags, token, forbidsIndexing),
      text,
      parsed: fingerprint !== null,
      xml: isXml(answer.contentType),
      links:
        reading === "sitemap" || (obeysNofollow && !nofollow)
          ? all
          : all.map(({ href }) => ({ href, nofollow: obeysNofollow })),
      droppedLinks: dropped,
      fingerprint,
      inventory: inventory === null ? null : withHeaders(inventory, inHeaders),
      retryAfter: parseRetryAfter(answer.header("retry-after"), Date.now()),
      stopped: null,
    };
  }

  /** What to read of a body. Style sheets are read for those who want to know everything. */
  private wantedOf({ status }: Head, reading: Reading): Wanted {
    if (status < 200 || status >= 300 || reading === "nothing") return "nothing";
    if (reading === "sitemap") return SITEMAP_MAX_BYTES;
    const wantsCss = this.options.inventory === true;
    if (reading === "part") return wantsCss ? "css" : "nothing";
    return wantsCss ? "html or css" : "html";
  }

  /** @throws CrawlError `too-costly` */
  private parse(url: URL, { contentType, body }: Answer, reading: Reading): Parsed {
    if (body === null) return NOT_PARSED;
    if (reading === "sitemap") {
      const pause = new Pace().step;
      const found = readSitemap(body, url, contentType.charset, pause);
      const inventory = this.options.inventory === true ? listed(found.links) : null;
      return { ...NOT_PARSED, ...found, inventory };
    }
    if (isCss(contentType)) return { ...NOT_PARSED, inventory: takeCss(url, contentType, body) };
    enter("parsing");
    this.parsing.acquire();
    try {
      const pause = new Pace(PARSING_BUDGET).step;
      const xml = isXml(contentType);
      const { text, encoding } = decodePage(body, { charset: contentType.charset, xml }, pause);
      const { token } = this.options;
      const found = extractLinks(text, url, { xml, encoding, token, pause });
      const isWanted = this.options.inventory === true;
      const inventory = isWanted ? takeInventory(text, url, { xml, encoding, pause }) : null;
      return { text, ...found, inventory };
    } finally {
      this.parsing.release();
    }
  }
}

function listed(links: readonly Link[]): Inventory {
  const references = links.map(({ href }) => ({ kind: "sitemap" as const, href, line: null }));
  return { references, anchors: null };
}

function takeCss(url: URL, { charset }: ContentType, body: Buffer): Inventory {
  const pause = new Pace(PARSING_BUDGET).step;
  const { text, encoding } = decodePage(body, { charset, xml: false }, pause);
  return takeStyleInventory(text, url, { encoding, pause });
}

function withHeaders(inventory: Inventory, headers: readonly Link[]): Inventory {
  const references = headers.map(({ href }) => ({ kind: "header" as const, href, line: null }));
  return { ...inventory, references: [...inventory.references, ...references] };
}

export function tooManyRedirects(): CrawlError {
  return new CrawlError("too-many-redirects", `more than ${MAX_REDIRECTS} redirects`);
}
