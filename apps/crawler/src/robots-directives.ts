/** Directives with a colon of their own, which are not names of crawlers. */
const WITH_VALUE = new Set([
  "unavailable_after",
  "max-snippet",
  "max-image-preview",
  "max-video-preview",
]);

/** Whether the content of a meta robots asks not to follow the page's links. */
export function forbidsFollowing(directives: string): boolean {
  return directives
    .toLowerCase()
    .split(/[\s,]/)
    .some((word) => word === "nofollow" || word === "none");
}

/**
 * Whether X-Robots-Tag headers ask this crawler not to follow the page's links. A directive may be
 * for one crawler, `otherbot: nofollow`, and so are those that follow it.
 *
 * @param headers the values, one for each header of the name
 * @param token product token of the crawler
 */
export function headersForbidFollowing(headers: readonly string[], token: string): boolean {
  return headers.some((header) => {
    let isMine = true;
    return header.split(",").some((part) => {
      const colon = part.indexOf(":");
      const name = colon < 0 ? "" : part.slice(0, colon).trim().toLowerCase();
      const isAgent = name !== "" && !name.includes(" ") && !WITH_VALUE.has(name);
      if (isAgent) isMine = name === token.toLowerCase() || name === "*";
      return isMine && forbidsFollowing(isAgent ? part.slice(colon + 1) : part);
    });
  });
}
