import type { Admission } from "./admission.js";
import { Circles } from "./circles.js";
import type { Errands } from "./errands.js";
import { CrawlError } from "./errors.js";
import { MAX_REDIRECTS, tooManyRedirects } from "./fetcher.js";
import { enter } from "./flights.js";
import type { Frontier, Lease } from "./frontier.js";
import type { Scope } from "./scope.js";

/** Who has a say in which redirects are followed. */
export interface Gatekeepers {
  readonly frontier: Frontier;
  readonly scope: Scope;
  readonly errands: Errands;
  readonly admission: Admission;
}

/** Which redirects are followed, and when. */
export class Redirects {
  /** URLs whose hosts are in scope because a seed redirected there. */
  readonly moved: Set<string> = new Set();
  private readonly keepers: Gatekeepers;
  private readonly circles = new Circles();

  constructor(keepers: Gatekeepers) {
    this.keepers = keepers;
    keepers.frontier.onStall = () => this.circles.release();
  }

  /**
   * Asks everybody who has a say in a redirect, then waits for a place at the other host.
   *
   * @returns why it is not followed; null: it is
   * @throws CrawlError `redirect-loop`, HandOver when another worker has the host, and what
   * `Admission.allows` throws
   */
  gate(lease: Lease, target: URL, status: number): string | null {
    (lease.redirects ??= []).push({ status, to: target.href });
    if (lease.redirects.length > MAX_REDIRECTS) throw tooManyRedirects(); // by several workers
    const { frontier, errands, admission } = this.keepers;
    const { depth, referrer, url } = lease.entry;
    // A seed may redirect to where the site really lives, www.example.org say: that is then in
    // scope.
    if (referrer === null) this.moveScope(target);
    const outside = referrer === null ? null : errands.redirect(lease.entry, target);
    if (outside === "apart") frontier.add(target, depth, referrer);
    else if (outside !== null) return outside;
    // A page may send its visitors to itself once more, with a cookie.
    const isItself = target.href === url;
    if (!isItself && !frontier.claim(lease, target)) return this.known(lease, target);
    enter("waiting");
    frontier.moveTo(lease, target);
    return admission.allows(target) ? null : "robots";
  }

  moveScope(target: URL): void {
    this.keepers.scope.addSeed(target);
    this.moved.add(target.href);
  }

  /** A lease has come to its end: whoever was redirected there is told. */
  end(lease: Lease): void {
    this.circles.end(passedBy(lease));
  }

  /**
   * A redirect to a page that has its own turn. Holds no place while it waits for what becomes of
   * that. @throws CrawlError `redirect-loop`
   */
  private known(lease: Lease, { href }: URL): "known" {
    const passed = passedBy(lease);
    const { frontier } = this.keepers;
    const isCircle = frontier.rest(lease, () => this.circles.leadsToCircle(passed, href));
    if (isCircle) throw new CrawlError("redirect-loop", `redirects in a circle: ${href}`);
    return "known";
  }
}

/** The URL of a lease, and those that it was redirected to. */
function passedBy({ entry }: Lease): string[] {
  return [entry.url, ...(entry.hops ?? [])];
}
