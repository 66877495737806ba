import type { Skipped } from "./output.js";
import type { RobotsRules } from "./robots.js";
import type { Scope } from "./scope.js";
import { SITEMAP_DEPTH } from "./seeds.js";
import { parseUrl } from "./url.js";

/** Sitemaps that are taken from one robots.txt. */
const MAX_SITEMAPS = 1_000;

/** The sitemaps that robots.txt files name, as far as they are in scope. */
export class RobotsSitemaps {
  private readonly scope: Scope;
  private readonly taken = new WeakSet<RobotsRules>();

  constructor(scope: Scope) {
    this.scope = scope;
  }

  /** Those of one robots.txt; none when it is asked again. */
  take(rules: RobotsRules, origin: string): { wanted: URL[]; refusals: Skipped[] } {
    const found: { wanted: URL[]; refusals: Skipped[] } = { wanted: [], refusals: [] };
    if (this.taken.has(rules)) return found;
    this.taken.add(rules);
    for (const reference of rules.sitemaps.slice(0, MAX_SITEMAPS)) {
      const { url, reason } = parseUrl(reference, origin);
      const refusal = url === null ? reason : this.scope.check(url, SITEMAP_DEPTH);
      if (refusal === null) found.wanted.push(url!);
      else
        found.refusals.push({ url: reference, reason: refusal, referrer: `${origin}/robots.txt` });
    }
    return found;
  }
}
