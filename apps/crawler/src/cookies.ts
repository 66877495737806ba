import { createRequire } from "node:module";
import type { CookieJar, SerializedCookieJar } from "tough-cookie";
import type { Learner } from "./experience.js";
import { ownedDomain } from "./public-suffix.js";
import { Recent } from "./recent.js";

/** Loaded with the first cookie: most crawls meet none. */
const load = createRequire(import.meta.url);

/** Sites whose cookies are kept at once. */
const MAX_SITES = 10_000;
/** Cookies of which a later run is told. */
const MAX_KEPT = 500;
/** Longest Cookie header that is sent; servers refuse longer ones. */
const MAX_LENGTH = 8_192;

/**
 * The cookies of a crawl: a jar for each site, so that what one sets costs the others nothing.
 * Where there are too many sites, those that were not used for the longest time lose theirs.
 */
export class Cookies implements Learner {
  private readonly jars = new Recent<string, CookieJar>(MAX_SITES);
  /** Jars as they are kept, until they change. */
  private readonly kept = new WeakMap<CookieJar, SerializedCookieJar>();
  private isEmpty = true;

  /** The Cookie header for a request; empty when there are none. */
  header(url: URL): string {
    const header = this.isEmpty
      ? undefined
      : this.jars.get(siteOf(url))?.getCookieStringSync(url.href);
    return header === undefined || header.length > MAX_LENGTH ? "" : header;
  }

  /** Takes in Set-Cookie headers. What is no cookie, or not for this site, is ignored. */
  store(url: URL, headers: readonly string[]): void {
    if (headers.length === 0) return;
    const site = siteOf(url);
    const jar = this.jars.get(site) ?? newJar();
    for (const header of headers) jar.setCookieSync(header, url.href, { ignoreError: true });
    this.jars.set(site, jar);
    this.kept.delete(jar);
    this.isEmpty = false;
  }

  learnt(): readonly KeptJar[] {
    const kept: KeptJar[] = [];
    let cookies = 0;
    for (const [site, jar] of this.jars.newestFirst()) {
      const serialized = this.kept.get(jar) ?? jar.serializeSync()!;
      this.kept.set(jar, serialized);
      cookies += serialized.cookies.length;
      if (cookies > MAX_KEPT) break;
      if (serialized.cookies.length > 0) kept.push([site, serialized]);
    }
    return kept.reverse();
  }

  relearn(learnt: readonly KeptJar[]): void {
    for (const [site, serialized] of learnt) {
      if (this.jars.get(site) !== undefined) continue;
      this.jars.set(site, tough().CookieJar.deserializeSync(serialized));
      this.isEmpty = false;
    }
  }
}

type KeptJar = [site: string, jar: SerializedCookieJar];

const tough = (): typeof import("tough-cookie") => load("tough-cookie") as never;

function newJar(): CookieJar {
  return new (tough().CookieJar)(undefined, { looseMode: true });
}

/** The part of a host name that belongs to one owner; the whole of what is no such name. */
function siteOf(url: URL): string {
  return ownedDomain(url.hostname) ?? url.hostname;
}
