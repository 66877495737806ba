import type { PageRecord } from "../src/output.js";

/** A record for tests: a page fetched without trouble, unless told otherwise. */
export function record(fields: Partial<PageRecord> = {}): PageRecord {
  return {
    url: "http://example.org/",
    finalUrl: "http://example.org/",
    redirects: [],
    status: 200,
    contentType: "text/html",
    bytes: 0,
    title: null,
    canonical: null,
    noindex: false,
    depth: 0,
    referrer: null,
    links: 0,
    ms: 1,
    attempts: 1,
    stopped: null,
    error: null,
    message: null,
    ...fields,
  };
}
