import type { Head } from "./client.js";
import { leadsToPage } from "./links.js";
import { readReference } from "./redirect.js";
import { parseRefresh } from "./refresh.js";
import { resolveReference } from "./url.js";

/** Links taken from the headers of one response; a header can hold thousands. */
const MAX_LINKS = 100;

/** The pages that Link and Refresh headers lead to. */
export function headerLinks(head: Pick<Head, "headers">, url: URL): string[] {
  const links = head
    .headers("link")
    .flatMap(parseLinkHeader)
    .filter(({ rel, type, anchor }) => anchor === undefined && leadsToPage(rel, type))
    .map(({ reference }) => reference);
  const refreshes = head.headers("refresh").map(parseRefresh);
  return [...links.slice(0, MAX_LINKS), ...refreshes.slice(0, 1)]
    .filter((reference) => reference !== null)
    .map((reference) => resolveReference(readReference(reference), url))
    .filter((href) => href !== null);
}

interface HeaderLink {
  readonly reference: string;
  readonly rel?: string;
  readonly type?: string;
  /** The link is one of another page. */
  readonly anchor?: string;
}

/** Reads a Link header (RFC 8288 appendix B.2), in one pass; what makes no sense is left out. */
export function parseLinkHeader(header: string): HeaderLink[] {
  const links: HeaderLink[] = [];
  for (let start = header.indexOf("<"); start >= 0;) {
    const end = header.indexOf(">", start);
    if (end < 0) break;
    const { parameters, next } = readParameters(header, end + 1);
    links.push({ reference: header.slice(start + 1, end), ...parameters });
    start = header.indexOf("<", next);
  }
  return links;
}

/** `; name=value; name="value"` up to a comma or the end. The first of a name counts. */
function readParameters(
  header: string,
  start: number,
): { parameters: Record<string, string>; next: number } {
  const parameters: Record<string, string> = {};
  let text = "";
  let name = "";
  let quoted = false;
  const finish = (): void => {
    const key = (name === "" ? text : name).trim().toLowerCase();
    if (key !== "") parameters[key] ??= name === "" ? "" : text.trim();
    name = text = "";
  };
  for (let i = start; ; i++) {
    const character = header[i];
    if (character === undefined || (character === "," && !quoted)) {
      finish();
      return { parameters, next: i };
    }
    if (character === '"') quoted = !quoted;
    else if (quoted) text += character === "\\" ? (header[++i] ?? "") : character;
    else if (character === ";") finish();
    else if (character === "=" && name === "") {
      name = text;
      text = "";
    } else text += character;
  }
}
