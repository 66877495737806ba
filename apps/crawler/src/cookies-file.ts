import { readFileSync } from "greenlit/fs";
import { Cookies } from "./cookies.js";
import { errorMessage } from "./errors.js";

/** Before the domain of a cookie that scripts may not see; other lines with a `#` are comments. */
const HTTP_ONLY = "#HttpOnly_";

/**
 * The cookies that a crawl begins with; null when it is to have none at all.
 * @throws Error when the file cannot be read, or is none of cookies
 */
export function startingCookies({ cookies, cookie, cookiesFile }: CookieOptions): Cookies | null {
  if (!cookies && (cookie ?? cookiesFile) !== null)
    throw new RangeError("cookies are given, and not wanted: cookies must be true with them");
  const jar = cookies ? new Cookies() : null;
  if (jar !== null && cookiesFile !== null) loadCookies(cookiesFile, jar);
  return jar;
}

export interface CookieOptions {
  readonly cookies: boolean;
  readonly cookie: string | null;
  readonly cookiesFile: string | null;
}

/**
 * Reads cookies from a file in Netscape's format, as curl, wget and browsers' extensions write it:
 * seven fields with tabs between them. Each is sent where it belongs, and nowhere else; those that
 * are over are left out.
 *
 * @throws Error when it cannot be read, or a line is no cookie
 */
export function loadCookies(file: string, cookies: Cookies): void {
  for (const [index, line] of read(file).split(/\r?\n/).entries()) {
    const isHttpOnly = line.startsWith(HTTP_ONLY);
    if (line.trim() === "" || (line.startsWith("#") && !isHttpOnly)) continue;
    const fields = (isHttpOnly ? line.slice(HTTP_ONLY.length) : line).split("\t");
    const cookie = parse(fields, isHttpOnly);
    if (cookie === null) {
      const form = "domain, subdomains, path, secure, expires, name, value, with tabs between";
      throw new Error(`${file}, line ${index + 1} is no cookie in Netscape's format: ${form}`);
    }
    cookies.store(cookie.url, [cookie.header]);
  }
}

/** @returns the cookie as a server at this URL would set it */
function parse(fields: string[], isHttpOnly: boolean): { url: URL; header: string } | null {
  const [domain = "", subdomains = "", path = "", secure = "", expires = ""] = fields;
  const [name, value = ""] = fields.slice(5);
  if (name === undefined || fields.length > 7 || !/^\d+$/.test(expires)) return null;
  const isSecure = isTrue(secure);
  const host = domain.replace(/^\./, "");
  const address = `${isSecure ? "https" : "http"}://${host}${path}`;
  if (!path.startsWith("/") || !URL.canParse(address)) return null;
  const header = [
    `${name}=${value}`,
    `Path=${path}`,
    ...(isTrue(subdomains) ? [`Domain=${host}`] : []),
    ...(isSecure ? ["Secure"] : []),
    ...(isHttpOnly ? ["HttpOnly"] : []),
    // None: until the end of the session, which is the crawl.
    ...(Number(expires) === 0 ? [] : [`Expires=${new Date(Number(expires) * 1000).toUTCString()}`]),
  ];
  return { url: new URL(address), header: header.join("; ") };
}

function isTrue(field: string): boolean {
  return field.toUpperCase() === "TRUE";
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new Error(`the cookies cannot be read: ${errorMessage(error)}`, { cause: error });
  }
}
