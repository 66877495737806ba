/** Directives with a colon of their own, which are not names of crawlers. */
const WITH_VALUE = new Set([
  "unavailable_after",
  "max-snippet",
  "max-image-preview",
  "max-video-preview",
]);

/** Whether the content of a meta robots asks not to follow the page's links. */
export function forbidsFollowing(directives: string): boolean {
  return has(directives, "nofollow");
}

/** Whether it asks not to show the page in search results. */
export function forbidsIndexing(directives: string): boolean {
  return has(directives, "noindex");
}

/**
 * Whether X-Robots-Tag headers forbid this crawler something. A directive may be for one crawler,
 * `otherbot: nofollow`, and so are those that follow it.
 *
 * @param headers the values, one for each header of the name
 * @param token product token of the crawler
 * @param forbids one of the functions above
 */
export function headersForbid(
  headers: readonly string[],
  token: string,
  forbids: (directives: string) => boolean,
): boolean {
  return headers.some((header) => {
    let isMine = true;
    return header.split(",").some((part) => {
      const colon = part.indexOf(":");
      const name = colon < 0 ? "" : part.slice(0, colon).trim().toLowerCase();
      const isAgent = name !== "" && !name.includes(" ") && !WITH_VALUE.has(name);
      if (isAgent) isMine = name === token.toLowerCase() || name === "*";
      return isMine && forbids(isAgent ? part.slice(colon + 1) : part);
    });
  });
}

/** `none` is both of them. */
function has(directives: string, directive: string): boolean {
  return directives
    .toLowerCase()
    .split(/[\s,]/)
    .some((word) => word === directive || word === "none");
}
