import type { CheerioAPI } from "cheerio";

/**
 * The Open Graph properties of a page (ogp.me): `og:title` is `title`. One that is there several
 * times is a list.
 */
export function readOpenGraph($: CheerioAPI): Record<string, string | string[]> {
  const found = new Map<string, string[]>();
  for (const meta of $("meta[content]")) {
    // Many write `name`, which readers of Open Graph take as well.
    const property = $(meta).attr("property") ?? $(meta).attr("name") ?? "";
    const [, name] = /^\s*og:(\S+)\s*$/i.exec(property) ?? [];
    if (name === undefined) continue;
    const values = found.get(name.toLowerCase()) ?? [];
    values.push($(meta).attr("content")!.trim());
    found.set(name.toLowerCase(), values);
  }
  return Object.fromEntries(
    [...found].map(([name, values]) => [name, values.length === 1 ? values[0]! : values]),
  );
}
