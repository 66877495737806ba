import type { Glob } from "../glob.js";
import { isRequisite, type Reference, type ReferenceKind } from "../inventory.js";
import type { LinksRecord, PageRecord, Redirect } from "../output.js";
import { withoutFragment } from "../url.js";
import type { CheckReport, FindingKind, Place } from "./finding.js";
import { elementNamed, isIndicated } from "./fragment.js";
import type { Ledger } from "./ledger.js";
import { describeRedirects, type Fault, isPermanent, isUncertain, outcomesOf } from "./outcome.js";

export interface ExamineOptions {
  /** Statuses from 400 up that are fine. */
  readonly accepts: (status: number) => boolean;
  /** Targets that are not judged. */
  readonly ignore: readonly Glob[];
}

/** What a crawl wrote; read several times. */
export interface Journals {
  pages(): Iterable<PageRecord>;
  links(): Iterable<LinksRecord>;
}

export type Examined = Pick<CheckReport, "seeds" | "pages" | "links" | "urls"> & {
  /** URLs that were asked for in vain, for reasons that say nothing about links to them. */
  readonly uncertain: number;
};

/** Lines that are looked at in one transaction, by how many references they have. */
const BATCH = 5_000;
/** Redirects in a row that are looked at. */
const MAX_STEPS = 20;
/** Seeds that are named. */
const MAX_SEEDS = 10;

/** What a browser does not load from http: on a page of https: (W3C, Mixed Content). */
const BLOCKED: ReadonlySet<ReferenceKind> = new Set([
  "script",
  "stylesheet",
  "frame",
  "object",
  "preload",
  "manifest",
]);
/** What it loads all the same, or by https: instead. */
const TOLERATED: ReadonlySet<ReferenceKind> = new Set(["image", "media", "icon", "style", "form"]);

/**
 * Finds what is wrong with the links of a crawl that has ended: goes through what it wrote, and
 * leaves in the ledger what it finds. What it keeps in memory does not grow with the crawl.
 */
export function examine(journals: Journals, ledger: Ledger, options: ExamineOptions): Examined {
  const examination = new Examination(ledger, options);
  inBatches(ledger, journals.pages(), (record) => examination.takeOutcome(record));
  inBatches(ledger, journals.links(), (record) => examination.examine(record));
  if (ledger.hasPointers)
    inBatches(ledger, journals.links(), (record) => examination.lookForFragments(record));
  return examination;
}

/** Records are read between transactions: reading may block. */
function inBatches<T extends PageRecord | LinksRecord>(
  ledger: Ledger,
  records: Iterable<T>,
  take: (record: T) => void,
): void {
  let batch: T[] = [];
  let size = 0;
  const flush = (): void => {
    ledger.together(() => batch.forEach(take));
    batch = [];
    size = 0;
  };
  for (const record of records) {
    batch.push(record);
    size += 1 + ("references" in record ? record.references.length : 0);
    if (size >= BATCH) flush();
  }
  flush();
}

interface Resolved {
  readonly redirects: readonly Redirect[];
  readonly fault: Fault | null;
  /** Where it ends; null when nobody knows. */
  readonly end: string | null;
}

class Examination implements Examined {
  readonly seeds: string[] = [];
  pages = 0;
  links = 0;
  urls = 0;
  uncertain = 0;
  private readonly ledger: Ledger;
  private readonly options: ExamineOptions;
  /** What was found on the page: several links to one target are one place. */
  private readonly told = new Set<string>();

  constructor(ledger: Ledger, options: ExamineOptions) {
    this.ledger = ledger;
    this.options = options;
  }

  takeOutcome(record: PageRecord): void {
    const { url, depth, referrer } = record;
    this.urls++;
    if (isUncertain(record)) this.uncertain++;
    for (const [passed, outcome] of outcomesOf(record, this.options.accepts))
      this.ledger.setOutcome(passed, outcome, passed === url);
    if (depth > 0 || referrer !== null) return;
    if (this.seeds.length < MAX_SEEDS) this.seeds.push(url);
    const { fault, redirects } = this.resolve(url);
    if (fault !== null)
      this.break(url, fault, redirects, { page: null, line: null, element: null });
  }

  examine({ page, references, anchors }: LinksRecord): void {
    this.pages++;
    this.told.clear();
    const own = anchors === null ? null : new Set(anchors);
    const isSecure = page.startsWith("https:");
    for (const reference of references) {
      const { kind, href, line, problem } = reference;
      const place: Place = { page, line, element: kind };
      this.links++;
      if (problem === "empty")
        this.add("empty-link", `empty ${kind}`, "leads to the page itself", place);
      else if (problem === "bad-url") this.add("invalid-url", href, "not a URL", place);
      else {
        if (isSecure && href.startsWith("http:")) this.mixed(reference, place);
        if (kind !== "form") this.follow(reference, place, own);
      }
    }
  }

  /** Looks on a page for what links of other pages point at. */
  lookForFragments({ page, anchors }: LinksRecord): void {
    if (anchors === null) return;
    let here: Set<string> | null = null;
    for (const { fragment, href, place } of this.ledger.pointersTo(page)) {
      here ??= new Set(anchors);
      // The places are on many pages, and on each once.
      this.told.clear();
      if (!isIndicated(fragment, here)) this.missing(href, fragment, page, place);
    }
  }

  private follow({ kind, href }: Reference, place: Place, own: ReadonlySet<string> | null): void {
    const hash = href.indexOf("#");
    const url = withoutFragment(href);
    const { redirects, fault, end } = this.resolve(url);
    if (fault !== null) return this.break(url, fault, redirects, place);
    if (redirects.length > 1) this.add("redirect-chain", url, describeRedirects(redirects), place);
    else if (redirects.some(isPermanent))
      this.add("redirect", url, describeRedirects(redirects), place);
    const fragment = hash < 0 || isRequisite(kind) ? null : elementNamed(href.slice(hash));
    if (fragment === null || end === null) return;
    if (end !== place.page) this.ledger.addPointer(end, { fragment, href, place });
    else if (own !== null && !isIndicated(fragment, own)) this.missing(href, fragment, end, place);
  }

  /** Goes along the redirects from a URL. */
  private resolve(url: string): Resolved {
    const redirects: Redirect[] = [];
    let end = url;
    for (let step = 0; step < MAX_STEPS; step++) {
      const outcome = this.ledger.outcome(end);
      if (outcome === undefined) return { redirects, fault: null, end };
      redirects.push(...outcome.redirects);
      end = outcome.redirects.at(-1)?.to ?? end;
      const { fault, stopped } = outcome;
      if (fault !== null || stopped !== "known")
        return { redirects, fault, end: fault === null && stopped === null ? end : null };
    }
    return { redirects, fault: { detail: "redirects without end", isLoop: true }, end: null };
  }

  private break(url: string, fault: Fault, redirects: readonly Redirect[], place: Place): void {
    const isPart = place.element !== null && isRequisite(place.element);
    const kind = fault.isLoop ? "redirect-loop" : isPart ? "broken-resource" : "broken-link";
    const way = redirects.length === 0 ? "" : `${describeRedirects(redirects)}: `;
    this.add(kind, url, way + fault.detail, place);
  }

  private mixed({ kind, href }: Reference, place: Place): void {
    const detail = `http: on a page of https: (${kind})`;
    if (BLOCKED.has(kind)) this.add("blocked-content", href, detail, place);
    else if (TOLERATED.has(kind)) this.add("insecure-content", href, detail, place);
  }

  private missing(href: string, fragment: string, page: string, place: Place): void {
    const where = href.startsWith(`${page}#`) ? "" : ` on ${page}`;
    this.add("missing-fragment", href, `no element has the id ${fragment}${where}`, place);
  }

  private add(kind: FindingKind, target: string, detail: string, place: Place): void {
    const key = `${kind} ${target}`;
    if (this.told.has(key) || this.isIgnored(target)) return;
    if (place.page !== null) this.told.add(key);
    this.ledger.add(kind, target, detail, place);
  }

  private isIgnored(target: string): boolean {
    const { ignore } = this.options;
    if (ignore.length === 0) return false;
    if (!URL.canParse(target)) return ignore.some((glob) => glob.matchesText(target));
    const url = new URL(target);
    url.hash = "";
    return ignore.some((glob) => glob.matches(url) || glob.matchesText(target));
  }
}
