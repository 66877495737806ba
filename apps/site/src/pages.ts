// Which file of the repository is which page. The site shows the files as they lie; their links,
// which lead from file to file, are turned here into links from page to page.
import { existsSync, statSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT: string = fileURLToPath(new URL("../../..", import.meta.url));
export const REPOSITORY = "https://github.com/greenlit/greenlit";

/** Patterns of files, and where on the site they are; paths are from the root, without a slash. */
const PAGES: readonly (readonly [file: RegExp, page: string])[] = [
  [/^README\.md$/, "index.md"],
  [/^docs\/README\.md$/, "guides.md"],
  [/^docs\/([\w-]+)\.md$/, "$1.md"],
  [/^(CONTRIBUTING|RELEASING|SECURITY)\.md$/, "$1.md"],
  [/^packages\/([\w-]+)\/README\.md$/, "packages/$1.md"],
  [/^apps\/crawler\/README\.md$/, "packages/crawler.md"],
  [/^apps\/crawler\/docs\/([\w-]+)\.md$/, "packages/crawler/$1.md"],
  [/^apps\/site\/(switching\.md|api\/.*\.md)$/, "$1"],
];

/** The page of a file, as `timeouts.md` of `docs/timeouts.md`; null if it is none. */
export function pageOf(file: string): string | null {
  const found = PAGES.find(([pattern]) => pattern.test(file));
  return found === undefined
    ? null
    : file.replace(found[0], found[1]).replace(/^[A-Z]+\.md$/, lower);
}

const lower = (text: string): string => text.toLowerCase();

/**
 * Where a link leads on the site: to a page, or, if the file that it names is none, to the file in
 * the repository.
 *
 * @param link as it is written: `../packages/fs/README.md#errors`
 * @param from the file that it is written in, from the root
 */
export function addressOf(link: string, from: string): string {
  if (/^(\w+:|\/|#)/.test(link)) return link;
  const [path = "", fragment] = link.split("#");
  const hash = fragment === undefined ? "" : `#${fragment}`;
  const file = posix.join(posix.dirname(from), path).replace(/\/$/, "");
  if (!existsSync(ROOT + file)) throw new Error(`${from} has a link to ${link}, which is nowhere`);
  const isFolder = statSync(ROOT + file).isDirectory();
  const page = pageOf(isFolder ? posix.join(file, "README.md") : file);
  if (page === null) return `${REPOSITORY}/${isFolder ? "tree" : "blob"}/main/${file}${hash}`;
  return `/${page.replace(/(^|\/)index\.md$/, "$1").replace(/\.md$/, "")}${hash}`;
}

/** The fragment of a heading, as GitHub makes it: one link is right there and here. */
export function fragmentOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(/\s/g, "-");
}
