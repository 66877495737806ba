/**
 * What identifies a visitor and not a page: in queries, the last one of each kind, and before the
 * names of ASP.NET pages.
 */
const SESSIONS: readonly RegExp[] = [
  /^(.*)jsessionid=[0-9a-z]{32}(?:&|$)/,
  /^(.*)phpsessid=[0-9a-z]{32}(?:&|$)/,
  /^(.*)sid=[0-9a-z]{32}(?:&|$)/,
  /^(.*)aspsessionid[a-z]{8}=[a-z]{24}(?:&|$)/,
  /^(.*)cfid=[^&]{1,99}&cftoken=[^&]{1,99}(?:&|$)/,
];
const ASP_SESSION = /\/\((?:[0-9a-z]{24}|(?:[a-z]\([0-9a-z]{24}\)){1,9})\)(?=\/)/;

/**
 * The key by which web archives find a URL: the host's labels from the last to the first, then
 * port, path and query, all of it without what makes no difference (scheme, `www.`, case, order
 * of the query, escapes that are not needed, sessions). `https://www.Example.org/a/?y&x` is
 * `org,example)/a?x&y`.
 *
 * The rules are those of the Internet Archive, which OpenWayback and pywb apply to what is asked of
 * them.
 *
 * @param url http or https, in the crawler's spelling
 */
export function surt(url: string): string {
  const { hostname, port, pathname, search } = new URL(url);
  const query = queryOf(search.slice(1));
  return `${hostOf(hostname)}${port === "" ? "" : `:${port}`})${pathOf(pathname)}${query}`;
}

function hostOf(hostname: string): string {
  if (hostname.startsWith("[")) return hostname.slice(1, -1);
  return hostname
    .replace(/^www\d*\./, "")
    .replace(/\.$/, "")
    .split(".")
    .reverse()
    .join(",");
}

function pathOf(pathname: string): string {
  let path = unescape(pathname).toLowerCase();
  if (path.includes(".aspx")) path = path.replace(ASP_SESSION, "");
  const segments: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") segments.pop();
    else if (segment !== "" && segment !== ".") segments.push(segment);
  }
  return `/${segments.join("/")}`;
}

function queryOf(search: string): string {
  let query = unescape(search).toLowerCase();
  for (const session of SESSIONS) query = query.replace(session, "$1");
  // By name, then by value: a name alone comes before the same with a value.
  const pairs = query.split("&").map((part) => part.split(/=(.*)/s, 2));
  pairs.sort(([a = "", b = ""], [c = "", d = ""]) => compare(a, c) || compare(b, d));
  query = pairs.map((pair) => pair.join("=")).join("&");
  return query === "" ? "" : `?${query}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Undoes escapes, those of escapes too, in one pass; what must be escaped is so in the end. */
function unescape(text: string): string {
  const bytes: number[] = [];
  for (const byte of Buffer.from(text)) {
    bytes.push(byte);
    for (let value; (value = escapeAtEnd(bytes)) !== null;) bytes.splice(-3, 3, value);
  }
  return bytes
    .map((byte) => (PLAIN.has(byte) ? String.fromCharCode(byte) : escaped(byte)))
    .join("");
}

/** Bytes that stand for themselves: what is printed, but `#` and `%`. */
const PLAIN = new Set(Array.from({ length: 0x7f - 0x21 }, (_, i) => 0x21 + i));
PLAIN.delete(0x23);
PLAIN.delete(0x25);

function escaped(byte: number): string {
  return `%${byte.toString(16).padStart(2, "0")}`;
}

function escapeAtEnd(bytes: readonly number[]): number | null {
  if (bytes.at(-3) !== 0x25) return null;
  const hex = String.fromCharCode(bytes.at(-2)!, bytes.at(-1)!);
  return /^[0-9a-f]{2}$/i.test(hex) ? Number.parseInt(hex, 16) : null;
}
