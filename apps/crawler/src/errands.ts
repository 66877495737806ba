import { isRequisite } from "./inventory.js";
import type { Link } from "./links.js";
import type { Page, Reading } from "./fetcher.js";
import type { Entry } from "./schedule.js";
import type { Scope, ScopeRejection } from "./scope.js";

/** Which of the things that pages consist of are fetched with them. */
export type RequisiteMode = "none" | "scope" | "any";

export interface ErrandsOptions {
  readonly requisites: RequisiteMode;
  readonly external: boolean;
}

/**
 * What is asked for beside the pages of the crawl, once: what pages consist of, and where links
 * lead that leave the scope. No link is followed from there; of bodies only style sheets are read,
 * where pages are wanted with all they consist of.
 */
export class Errands {
  private readonly requisites: RequisiteMode;
  private readonly external: boolean;
  private readonly scope: Scope;

  constructor({ requisites, external }: ErrandsOptions, scope: Scope) {
    this.requisites = requisites;
    this.external = external;
    this.scope = scope;
  }

  /** What a page refers to that is no link to a page, as far as it is wanted. */
  linksOf({ inventory }: Page): Link[] {
    if (this.requisites === "none" || inventory === null) return [];
    return inventory.references
      .filter(({ kind, problem }) => problem === undefined && isWanted(kind))
      .map(({ href, kind }) => ({ href, nofollow: false, requisite: isRequisite(kind) }));
  }

  /** Whether a URL is asked for though it is out of scope for this reason. */
  accepts(reason: ScopeRejection, requisite: boolean): boolean {
    if (reason === "excluded") return false;
    return this.external || (requisite && this.requisites === "any");
  }

  /** What a URL is expected to be. */
  reading(entry: Entry): Reading {
    if (this.includes(entry)) return this.requisites === "any" ? "part" : "nothing";
    return entry.depth < 0 ? "sitemap" : "page";
  }

  /** Whether a URL is fetched for no other reason. */
  includes({ url, depth, referrer }: Entry): boolean {
    if (referrer === null || (this.requisites === "none" && !this.external)) return false;
    return this.scope.check(new URL(url), depth) !== null;
  }

  /**
   * Whether to follow a redirect: null is yes. `apart`: its target gets a turn of its own, since it
   * is a page and this one is none, or the other way round.
   */
  redirect(entry: Entry, target: URL): ScopeRejection | "apart" | null {
    const outside = this.scope.check(target, entry.depth);
    if (this.includes(entry))
      return outside === null ? "apart" : outside === "excluded" ? outside : null;
    return outside !== null && this.accepts(outside, false) ? "apart" : outside;
  }
}

/** Forms change things; other links are known already. */
function isWanted(kind: Parameters<typeof isRequisite>[0]): boolean {
  return isRequisite(kind) || kind === "canonical" || kind === "alternate" || kind === "cite";
}
