import type { Errands } from "./errands.js";
import type { Page } from "./fetcher.js";
import type { Frontier, Lease } from "./frontier.js";
import type { Link } from "./links.js";
import type { Skipped } from "./output.js";
import { Pace } from "./pace.js";
import type { Scope } from "./scope.js";
import { depthFor } from "./seeds.js";
import type { LinkingPage, Traps } from "./traps.js";
import { parseUrl, withoutFragment } from "./url.js";

/** What is to become of a page's links. */
export interface Judgement {
  readonly from: LinkingPage;
  readonly wanted: URL[];
  /** Those that are not wanted. */
  readonly refusals: Skipped[];
}

/** Who has a say in which links are followed. */
export interface Judges {
  readonly frontier: Frontier;
  readonly scope: Scope;
  readonly errands: Errands;
  readonly traps: Traps;
}

/** Which links of a page are followed, and why not the others. */
export class Outlinks {
  private readonly judges: Judges;

  constructor(judges: Judges) {
    this.judges = judges;
  }

  /** Changes nothing yet. Gives others their turn. */
  judge(links: readonly Link[], { entry }: Lease, { finalUrl, fingerprint }: Page): Judgement {
    const { frontier, traps } = this.judges;
    const pace = new Pace();
    const from = traps.page(new URL(finalUrl), depthFor(links, entry.depth), fingerprint);
    const judgement: Judgement = { from, wanted: [], refusals: [] };
    for (const link of links) {
      pace.step();
      const plain = withoutFragment(link.href);
      const isKnown = frontier.has(plain);
      if (isKnown && !from.isWatched) continue; // as most are; they need not be parsed
      const { url, reason } = parseUrl(plain);
      if (url !== null && (isKnown || (url.href !== plain && frontier.has(url.href)))) {
        if (from.isWatched) traps.meet(url, from);
        continue;
      }
      const refusal = url === null ? reason : this.refusalOf(url, link, from);
      if (refusal === null) judgement.wanted.push(url!);
      else judgement.refusals.push({ url: link.href, reason: refusal, referrer: finalUrl });
    }
    return judgement;
  }

  /** Queues what is wanted. Never blocks. @returns what was refused */
  follow({ from, wanted, refusals }: Judgement, { finalUrl, droppedLinks }: Page): Skipped[] {
    const { frontier, traps } = this.judges;
    traps.learn(
      from,
      wanted.filter((url) => frontier.add(url, from.depth + 1, finalUrl)),
    );
    if (droppedLinks === 0) return refusals;
    const dropped = { url: finalUrl, reason: "too-many-links", referrer: finalUrl };
    return [...refusals, { ...dropped, count: droppedLinks }];
  }

  private refusalOf(url: URL, link: Link, from: LinkingPage): string | null {
    const { scope, errands, traps } = this.judges;
    const { nofollow, requisite = false } = link;
    if (traps.isTooLong(url)) return "url-too-long";
    const outside = scope.check(url, from.depth + 1);
    const isErrand = outside !== null && errands.accepts(outside, requisite);
    if (nofollow && !isErrand) return "nofollow";
    if (outside !== null && !isErrand) return outside;
    // What a sitemap lists has an end, and so has what a page refers to beside its links; but style
    // sheets, which have no text, may import others without one.
    if (from.depth < 0 || (from.fingerprint !== null && (isErrand || requisite))) return null;
    return traps.check(url, from);
  }
}
