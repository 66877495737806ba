import { percentEncodeAfterEncoding } from "@exodus/bytes/whatwg.js";
import "@exodus/bytes/encoding.js"; // has the multi-byte encodings that the line above needs

/** Why a reference cannot be crawled at all. */
export type UrlRejection = "bad-url" | "unsupported-scheme";

export type ParsedUrl = { url: URL; reason: null } | { url: null; reason: UrlRejection };

/**
 * Parses a reference and gives it the one spelling under which the crawler knows it.
 *
 * The WHATWG parser lower-cases scheme and host and removes default ports and dot segments. On top
 * of that the fragment, an empty query, the dot at the end of a host name, and any user name and
 * password are dropped, and percent-encoding is made uniform (see `uniformEscapes`).
 *
 * @param reference absolute, or relative to `base`
 * @returns the URL, or the reason why it is of no use to a crawler
 */
export function parseUrl(reference: string, base?: string | URL): ParsedUrl {
  let url: URL;
  try {
    url = new URL(reference, base);
  } catch {
    return { url: null, reason: "bad-url" };
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    return { url: null, reason: "unsupported-scheme" };
  }
  if (url.hash !== "" || url.href.endsWith("#")) url.hash = "";
  if (url.href.endsWith("?")) url.search = "";
  if (url.username !== "") url.username = "";
  if (url.password !== "") url.password = "";
  if (url.hostname.endsWith(".")) {
    const bare = withoutFinalDots(url.hostname);
    if (bare === "") return { url: null, reason: "bad-url" };
    url.hostname = bare;
  }
  const path = url.pathname + url.search;
  const uniform = uniformEscapes(path);
  // Setting a URL's parts costs more than the comparison, and is seldom needed.
  if (uniform !== path) {
    const query = uniform.indexOf("?");
    url.pathname = query < 0 ? uniform : uniform.slice(0, query);
    url.search = query < 0 ? "" : uniform.slice(query);
  }
  return { url, reason: null };
}

/** A URL as far as the server gets to know it. */
export function withoutFragment(href: string): string {
  const hash = href.indexOf("#");
  return hash < 0 ? href : href.slice(0, hash);
}

/** What the parser of queries escapes in http and https URLs, beside control characters. */
const QUERY_ESCAPES = " \"#'<>";

/**
 * Resolves a reference found on a page. Its query is in the encoding of the page, all else in UTF-8
 * (URL standard, "query state").
 *
 * @param encoding of the page, by its name in the Encoding standard
 * @returns null when it is no URL
 */
export function resolveReference(
  reference: string,
  base: string | URL,
  encoding = "utf-8",
): string | null {
  try {
    return new URL(encodeQuery(reference, encoding), base).href;
  } catch {
    return null;
  }
}

// eslint-disable-next-line no-control-regex -- that is what is looked for
const FOREIGN = /[^\x00-\x7F]/;
/** Encodings that have no encoder: queries are then in UTF-8. */
const WITHOUT_ENCODER = new Set(["utf-8", "utf-16le", "utf-16be", "replacement", "x-user-defined"]);

function encodeQuery(reference: string, encoding: string): string {
  const name = encoding.toLowerCase();
  if (WITHOUT_ENCODER.has(name)) return reference;
  const start = reference.indexOf("?");
  const hash = reference.indexOf("#");
  if (start < 0 || (hash >= 0 && hash < start)) return reference;
  const end = hash < 0 ? reference.length : hash;
  const query = reference.slice(start + 1, end);
  if (!FOREIGN.test(query)) return reference;
  const encoded = percentEncodeAfterEncoding(name, query, QUERY_ESCAPES);
  return reference.slice(0, start + 1) + encoded + reference.slice(end);
}

/** The unreserved characters, which need no escape (RFC 3986 section 2.3). */
const UNRESERVED = /[A-Za-z0-9\-._~]/;
/**
 * Escapes, and the characters that may not stand in a path or query as they are (RFC 3986 section
 * 3.3 and 3.4), though servers and browsers take them. `'` may, but the URL standard escapes it in
 * queries and not in paths.
 */
const IRREGULAR = /%([0-9A-Fa-f]{2})|["'<>[\]\\^`{|}]/g;

/**
 * One spelling for a path or query: unreserved characters are not escaped, other escapes are in
 * upper case (RFC 3986 section 6.2.2), and what must be escaped is.
 */
export function uniformEscapes(text: string): string {
  return text.replace(IRREGULAR, (found: string, hex: string | undefined) => {
    if (hex === undefined) return escape(found);
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return UNRESERVED.test(character) ? character : found.toUpperCase();
  });
}

function escape(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

function withoutFinalDots(host: string): string {
  let end = host.length;
  while (host[end - 1] === ".") end--;
  return host.slice(0, end);
}
