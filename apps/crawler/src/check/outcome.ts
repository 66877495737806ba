import { STATUS_CODES } from "node:http";
import type { ErrorCode } from "../errors.js";
import type { PageRecord, Redirect } from "../output.js";

/** Why a link is broken. */
export interface Fault {
  readonly detail: string;
  /** It is redirected again and again. */
  readonly isLoop: boolean;
}

/** What became of a URL that is not simply there. */
export interface Outcome {
  /** In a row, from there. */
  readonly redirects: readonly Redirect[];
  readonly fault: Fault | null;
  /** `known`: the last of the redirects leads to a URL that has an outcome of its own. */
  readonly stopped: string | null;
}

const LOOPS: ReadonlySet<ErrorCode> = new Set(["redirect-loop", "too-many-redirects"]);

/** Errors that say nothing about the link: the page is there, or nobody may know. */
const UNCERTAIN: ReadonlySet<ErrorCode> = new Set([
  "robots-unreachable",
  "body-too-large",
  "too-costly",
  "handler",
  "hook",
  "interrupted",
]);

/** Whether a page could not be checked, for an error that says nothing about links to it. */
export function isUncertain({ error }: PageRecord): boolean {
  return error !== null && UNCERTAIN.has(error);
}

/**
 * The outcomes that a record tells of: of its URL, and of each one that it was redirected to. URLs
 * that are simply there have none.
 *
 * @param accepts whether a status from 400 up is fine
 */
export function outcomesOf(
  record: PageRecord,
  accepts: (status: number) => boolean,
): [string, Outcome][] {
  const { url, redirects, stopped } = record;
  const fault = faultOf(record, accepts);
  const passed = [url, ...redirects.map(({ to }) => to)];
  // A redirect that was not followed: its target was not fetched here.
  if (stopped !== null) passed.pop();
  return passed
    .map((passed, i): [string, Outcome] => {
      return [passed, { redirects: redirects.slice(i), fault, stopped }];
    })
    .filter(([, outcome]) => outcome.fault !== null || outcome.redirects.length > 0);
}

function faultOf(
  { status, error, message }: PageRecord,
  accepts: (status: number) => boolean,
): Fault | null {
  if (error !== null) {
    if (UNCERTAIN.has(error)) return null;
    const isLoop = LOOPS.has(error);
    return { detail: isLoop ? (message ?? error) : `${error}: ${message ?? ""}`, isLoop };
  }
  if (status === null || status < 400 || accepts(status)) return null;
  return { detail: statusText(status), isLoop: false };
}

/** `404 Not Found` */
function statusText(status: number): string {
  const name = STATUS_CODES[status];
  return name === undefined ? String(status) : `${status} ${name}`;
}

const PERMANENT = new Set([301, 308]);

export function isPermanent({ status }: Redirect): boolean {
  return PERMANENT.has(status);
}

/** `301 to https://example.org/, 302 to https://example.org/en/` */
export function describeRedirects(redirects: readonly Redirect[]): string {
  return redirects.map(({ status, to }) => `${status} to ${to}`).join(", ");
}
