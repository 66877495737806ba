import type { Frontier } from "./frontier.js";
import type { Ledger } from "./ledger.js";
import type { RobotsRules } from "./robots.js";
import type { Scope } from "./scope.js";
import { SITEMAP_DEPTH } from "./seeds.js";
import { parseUrl } from "./url.js";

/** Sitemaps that are taken from one robots.txt. */
const MAX_SITEMAPS = 1_000;

/** Where sitemaps go. */
export interface SitemapTakers {
  readonly frontier: Pick<Frontier, "add">;
  readonly scope: Scope;
  readonly ledger: Pick<Ledger, "refuse">;
}

/** Queues the sitemaps that robots.txt files name, as far as they are in scope. */
export class RobotsSitemaps {
  private readonly takers: SitemapTakers;
  private readonly taken = new WeakSet<RobotsRules>();

  constructor(takers: SitemapTakers) {
    this.takers = takers;
  }

  /** Those of the robots.txt of a URL's host, the first time that it is seen. */
  take(rules: RobotsRules, { origin }: URL): void {
    if (this.taken.has(rules)) return;
    this.taken.add(rules);
    const { frontier, scope, ledger } = this.takers;
    const referrer = `${origin}/robots.txt`;
    for (const reference of rules.sitemaps.slice(0, MAX_SITEMAPS)) {
      const { url, reason } = parseUrl(reference, origin);
      const refusal = url === null ? reason : scope.check(url, SITEMAP_DEPTH);
      if (refusal === null) frontier.add(url!, SITEMAP_DEPTH, referrer);
      else ledger.refuse({ url: reference, reason: refusal, referrer });
    }
  }
}
