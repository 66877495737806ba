import { extractContentType, isHtml } from "../content-type.js";
import type { PageRecord } from "../output.js";
import { Sitemap, withSuffix } from "../sitemap.js";
import { whyPartial } from "../summary.js";
import { parseUrl } from "../url.js";
import type { Ended, Mode } from "./mode.js";

/**
 * A sitemap of the site that was crawled: its HTML pages that answered 2xx, but for those that do
 * not want to be found, and those that name another address as their own. A sitemap is of one
 * site; when there were seeds of several, each gets its own. A file named `.gz` is compressed.
 */
export const sitemapMode: Mode = {
  name: "sitemap",
  summary: "write a sitemap of the site's pages",
  makes: "sitemap.xml",

  finish(ended) {
    const { say } = ended;
    const sitemaps = open(ended);
    let elsewhere = 0;
    for (const page of ended.journal<PageRecord>("pages")) {
      if (!isListed(page)) continue;
      const url = new URL(page.finalUrl);
      const sitemap = sitemaps.get(url.origin);
      if (sitemap === undefined) elsewhere++;
      else sitemap.add(url.href);
    }
    for (const sitemap of sitemaps.values()) {
      const [first, ...others] = sitemap.finish();
      const more = others.length === 0 ? "" : `, an index of ${others.length} files`;
      say(`${sitemap.urls} pages are in ${first}${more}.`);
      if (sitemap.tooLong > 0) say(`${sitemap.tooLong} URLs are too long for a sitemap.`);
    }
    if (elsewhere > 0) say(`${elsewhere} pages of sites without a seed are in no sitemap.`);
    const partial = whyPartial(ended.summary);
    if (partial !== null) say(`Pages may be missing: ${partial}.`);
    return null;
  },
};

/** A sitemap for each site that has a seed. */
function open({ file, journal, summary }: Ended): Map<string, Sitemap> {
  const origins = new Set<string>();
  for (const page of journal<PageRecord>("pages"))
    if (page.depth === 0 && isListed(page)) origins.add(new URL(page.finalUrl).origin);
  const partial = whyPartial(summary);
  const comment = partial === null ? undefined : `pages may be missing: ${partial}`;
  const sitemapOf = (origin: string): Sitemap => {
    const host = new URL(origin).host.replace(":", "-");
    const own = origins.size === 1 ? file : withSuffix(file, host);
    return new Sitemap({ file: own, url: new URL("/", origin), comment });
  };
  return new Map([...origins].map((origin) => [origin, sitemapOf(origin)]));
}

/** Whether a record is that of a page for readers, fetched under the name that it gives itself. */
function isListed({ error, status, stopped, contentType, ...page }: PageRecord): boolean {
  if (error !== null || stopped !== null || status === null || page.noindex) return false;
  if (status < 200 || status >= 300 || !isHtml(extractContentType([contentType ?? ""])))
    return false;
  return page.canonical === null || parseUrl(page.canonical).url?.href === page.finalUrl;
}
