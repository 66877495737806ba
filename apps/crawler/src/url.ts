/** Why a reference cannot be crawled at all. */
export type UrlRejection = "bad-url" | "unsupported-scheme";

export type ParsedUrl = { url: URL; reason: null } | { url: null; reason: UrlRejection };

/**
 * Parses a reference and gives it the one spelling under which the crawler knows it.
 *
 * The WHATWG parser lower-cases scheme and host and removes default ports and dot segments. On top
 * of that the fragment and any user name and password are dropped, and percent-encoding is made
 * uniform (RFC 3986 section 6.2.2: unreserved characters unescaped, other escapes in upper case).
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
  if (url.username !== "") url.username = "";
  if (url.password !== "") url.password = "";
  if (url.href.includes("%")) {
    url.pathname = normalizeEscapes(url.pathname);
    url.search = normalizeEscapes(url.search);
  }
  return { url, reason: null };
}

const UNRESERVED = /[A-Za-z0-9\-._~]/;

/**
 * Unescapes unreserved characters and writes every other percent-escape in upper case (RFC 3986
 * section 6.2.2).
 */
export function normalizeEscapes(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (escape: string, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return UNRESERVED.test(character) ? character : escape.toUpperCase();
  });
}
