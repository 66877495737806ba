import type { Cookies } from "./cookies.js";

export interface CredentialsOptions {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** `user:password`, for HTTP's basic authentication. */
  readonly auth: string | null;
  /** `name=value; name=value`. */
  readonly cookie: string | null;
}

/**
 * What the user wants to be sent to the sites that he named, and to nobody else: not where links
 * lead, not where redirects lead, not to another port or from https to http.
 */
export class Credentials {
  private readonly headers: Readonly<Record<string, string>>;
  private readonly cookie: string | null;
  private readonly cookies: Cookies | null;
  private readonly origins = new Set<string>();
  private readonly isEmpty: boolean;

  /** @param cookies where cookies are kept; null: nowhere, and none are sent */
  constructor({ headers, auth, cookie }: CredentialsOptions, cookies: Cookies | null) {
    const basic = auth === null ? {} : { authorization: basicAuthorization(auth) };
    this.headers = { ...headers, ...basic };
    this.isEmpty = Object.keys(this.headers).length === 0;
    this.cookie = cookie;
    this.cookies = cookies;
  }

  /** The user named this URL. */
  allow(url: URL): void {
    if (!this.isEmpty) this.origins.add(url.origin);
    if (this.cookie !== null) this.cookies?.store(new URL("/", url), this.cookie.split(";"));
  }

  /** Headers of a request to this URL, names in lower case. */
  for(url: URL): Readonly<Record<string, string>> {
    return this.origins.has(url.origin) ? this.headers : {};
  }
}

/** RFC 7617, the user's name and password in UTF-8. */
function basicAuthorization(auth: string): string {
  return `Basic ${Buffer.from(auth).toString("base64")}`;
}
