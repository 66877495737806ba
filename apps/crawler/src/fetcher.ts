import { sleep } from "greenlit";
import { decodeHtml } from "./charset.js";
import type { Answer, Client } from "./client.js";
import { CrawlError } from "./errors.js";
import { extractLinks, forbidsFollowing, type Link } from "./links.js";
import { parseRetryAfter } from "./retry-after.js";
import { parseUrl } from "./url.js";

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
  /** The decoded body; empty when it was not parsed. */
  readonly text: string;
  /** Whether it was read and parsed: an HTML page that answered 2xx. */
  readonly parsed: boolean;
  readonly links: readonly Link[];
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
export type Gate = (target: URL) => string | null;

/** Redirects followed for one page; the fetch standard allows 20, search engines 5 to 10. */
const MAX_REDIRECTS = 10;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const HTML = new Set(["text/html", "application/xhtml+xml"]);

/**
 * Fetches one page: redirects by hand, each hop through the gate, and the links when it is HTML.
 */
export class Fetcher {
  readonly client: Client;
  /** Whether pages may say that their links are not to be followed. */
  readonly obeysNofollow: boolean;

  constructor(client: Client, obeysNofollow: boolean) {
    this.client = client;
    this.obeysNofollow = obeysNofollow;
  }

  /**
   * Blocks until the page is there.
   * @throws what `Client.get` throws, and CrawlError for redirects that lead nowhere
   */
  fetch(start: string, gate: Gate): Page {
    const chain = new Set<string>();
    for (let url = new URL(start); ;) {
      chain.add(url.href);
      const answer = this.client.get(url, isParsed);
      const target = redirectTarget(answer, url);
      if (target === null) return this.page(start, url, answer);
      if (chain.has(target.href)) {
        throw new CrawlError("redirect-loop", `redirects in a circle: ${target.href}`);
      }
      if (chain.size > MAX_REDIRECTS) {
        throw new CrawlError("too-many-redirects", `more than ${MAX_REDIRECTS} redirects`);
      }
      const stopped = gate(target);
      if (stopped !== null) return { ...this.page(start, target, answer), stopped };
      url = target;
    }
  }

  private page(start: string, url: URL, answer: Answer): Page {
    const contentType = answer.header("content-type") ?? "";
    const text = answer.body === null ? "" : decodeHtml(answer.body, contentType);
    const { title, links } = extractLinks(text, url, () => sleep(0));
    const nofollow = forbidsFollowing(answer.header("x-robots-tag") ?? "");
    return {
      url: start,
      finalUrl: url.href,
      status: answer.status,
      contentType,
      bytes: answer.bytes,
      title,
      text,
      parsed: answer.body !== null,
      links: links.map((link) => ({
        href: link.href,
        nofollow: this.obeysNofollow && (link.nofollow || nofollow),
      })),
      retryAfter: parseRetryAfter(answer.header("retry-after"), Date.now()),
      stopped: null,
    };
  }
}

function isParsed({ status, mediaType }: Pick<Answer, "status" | "mediaType">): boolean {
  return status >= 200 && status < 300 && HTML.has(mediaType);
}

/** Where a response redirects to, or null when it does not. */
export function redirectTarget(answer: Pick<Answer, "status" | "header">, url: URL): URL | null {
  const location = answer.header("location");
  if (!REDIRECTS.has(answer.status) || location === undefined) return null;
  const target = parseUrl(location, url);
  if (target.url !== null) return target.url;
  throw new CrawlError("bad-redirect", `redirects to ${location.slice(0, 200)} (${target.reason})`);
}
