import type { ReferenceKind } from "../inventory.js";

export type Severity = "error" | "warning";

/** What can be wrong with a link. */
export type FindingKind =
  | "broken-link"
  | "broken-resource"
  | "redirect-loop"
  | "invalid-url"
  | "missing-fragment"
  | "blocked-content"
  | "insecure-content"
  | "empty-link"
  | "redirect"
  | "redirect-chain";

/** In the order in which they are told. */
export const FINDINGS: Readonly<Record<FindingKind, { severity: Severity; title: string }>> = {
  "broken-link": { severity: "error", title: "Broken links" },
  "broken-resource": { severity: "error", title: "Missing images, style sheets and scripts" },
  "redirect-loop": { severity: "error", title: "Redirects without end" },
  "invalid-url": { severity: "error", title: "Addresses that are none" },
  "missing-fragment": { severity: "error", title: "Fragments that point at nothing" },
  "blocked-content": { severity: "error", title: "Insecure content that browsers block" },
  "insecure-content": { severity: "warning", title: "Insecure content" },
  "empty-link": { severity: "warning", title: "Empty references" },
  redirect: { severity: "warning", title: "Permanent redirects" },
  "redirect-chain": { severity: "warning", title: "Redirects to redirects" },
};

export const FINDING_KINDS = Object.keys(FINDINGS) as readonly FindingKind[];

/** Where a page links to what is wrong. */
export interface Place {
  /** Null: it was given as a seed. */
  readonly page: string | null;
  /** Of the first such link on the page, from 1; null when it is none of the text. */
  readonly line: number | null;
  readonly element: ReferenceKind | null;
}

/** One thing that is wrong, with every page that links there. */
export interface Finding {
  readonly kind: FindingKind;
  /** What is linked to, as it is linked to. */
  readonly target: string;
  /** What was found there, in one line. */
  readonly detail: string;
  /** How many pages link there. */
  readonly count: number;
  /** Those pages, in the order in which they were crawled. Read as they are asked for. */
  readonly places: Iterable<Place>;
}

/** What a check came to. */
export interface CheckReport {
  readonly seeds: readonly string[];
  /** Why not everything was checked; null: it was. */
  readonly partial: string | null;
  readonly durationMs: number;
  /** Pages whose links were checked. */
  readonly pages: number;
  /** Links and other references on them. */
  readonly links: number;
  /** URLs that were asked for. */
  readonly urls: number;
  /** Why so many links were not followed. */
  readonly unchecked: Readonly<Record<string, number>>;
  /** How many findings there are of each kind. */
  readonly counts: Readonly<Record<FindingKind, number>>;
  /** By kind, and then by target. */
  findings(): Iterable<Finding>;
}

/** How many findings of a severity there are. */
export function total({ counts }: Pick<CheckReport, "counts">, severity: Severity): number {
  return FINDING_KINDS.filter((kind) => FINDINGS[kind].severity === severity).reduce(
    (sum, kind) => sum + counts[kind],
    0,
  );
}
