import { Glob } from "./glob.js";
import { ownedDomain } from "./public-suffix.js";

/** How far from the seeds a crawl may go. */
export type ScopeMode = "host" | "domain" | "any";

/** Why a URL is out of scope. */
export type ScopeRejection =
  | "other-host"
  | "not-included"
  | "excluded"
  | "too-deep"
  | "path-too-deep";

export interface ScopeOptions {
  /**
   * `host` (default): the seeds' hosts and ports. `domain`: also their subdomains, a leading `www.`
   * of the seed not counting; a seed that is a public suffix (`github.io`) has none, because they
   * are other people's. `any`: every host.
   */
  readonly mode?: ScopeMode;
  /** Globs, one of which a URL must match. See {@link Glob}. */
  readonly include?: readonly string[];
  /** Globs, none of which a URL may match. */
  readonly exclude?: readonly string[];
  /** Links from a seed; a seed has depth 0. */
  readonly maxDepth?: number;
  /** Segments of a path that are not empty. */
  readonly maxPathDepth?: number;
}

/** Indexes of sitemaps within each other: the rules allow one level. */
const DEEPEST_SITEMAP = -5;

/** Decides which URLs belong to the crawl. Seeds themselves are not asked: the user named them. */
export class Scope {
  private readonly mode: ScopeMode;
  private readonly hosts = new Set<string>();
  private readonly domains = new Set<string>();
  private readonly include: Glob[];
  private readonly exclude: Glob[];
  private readonly maxDepth: number;
  private readonly maxPathDepth: number;

  constructor(options: ScopeOptions = {}) {
    this.mode = options.mode ?? "host";
    this.include = (options.include ?? []).map((glob) => new Glob(glob));
    this.exclude = (options.exclude ?? []).map((glob) => new Glob(glob));
    this.maxDepth = options.maxDepth ?? Infinity;
    this.maxPathDepth = options.maxPathDepth ?? Infinity;
  }

  /** Takes a seed's host into the scope. */
  addSeed(seed: URL): void {
    this.hosts.add(seed.host);
    if (this.mode !== "domain") return;
    const domain = seed.hostname.replace(/^www\./, "");
    // Of `www.example` the `www` is the name itself, and `example` a suffix like `org`.
    const owned = [domain, seed.hostname].find((host) => ownedDomain(host) !== null);
    if (owned !== undefined) this.domains.add(owned);
  }

  /** Whether anything of a host (name and port) may be in scope. */
  covers(host: string): boolean {
    return this.isNear(new URL(`http://${host}/`));
  }

  /**
   * @param depth links from a seed; below 0 it is a sitemap, which is asked for its host only
   * @returns null when the URL is in scope
   */
  check(url: URL, depth: number): ScopeRejection | null {
    if (!this.isNear(url)) return "other-host";
    if (depth < 0) return depth < DEEPEST_SITEMAP ? "too-deep" : null;
    if (this.exclude.some((glob) => glob.matches(url))) return "excluded";
    if (this.include.length > 0 && !this.include.some((glob) => glob.matches(url))) {
      return "not-included";
    }
    if (depth > this.maxDepth) return "too-deep";
    return this.isPathTooDeep(url) ? "path-too-deep" : null;
  }

  private isPathTooDeep({ pathname }: URL): boolean {
    if (this.maxPathDepth === Infinity) return false;
    return pathname.split("/").filter(Boolean).length > this.maxPathDepth;
  }

  private isNear(url: URL): boolean {
    if (this.mode === "any" || this.hosts.has(url.host)) return true;
    if (this.mode === "host") return false;
    for (let name = url.hostname; name !== ""; name = parentOf(name))
      if (this.domains.has(name)) return true;
    return false;
  }
}

/** `b.example` of `a.b.example`; empty for the last part. */
function parentOf(name: string): string {
  const dot = name.indexOf(".");
  return dot < 0 ? "" : name.slice(dot + 1);
}
