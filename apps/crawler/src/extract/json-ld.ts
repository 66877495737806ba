import type { CheerioAPI } from "cheerio";
import { errorMessage } from "../errors.js";

export interface JsonLd {
  /** Each object, those of lists and graphs on their own. */
  readonly objects: readonly object[];
  /** Why scripts could not be read. */
  readonly errors: readonly string[];
}

/** Scripts of this type; more may follow, `charset` or `profile`. */
const TYPE = /^\s*application\/ld\+json\s*(?:;|$)/i;

/** The JSON-LD of a page (JSON-LD 1.1, section 7). What is no JSON is told, and left out. */
export function readJsonLd($: CheerioAPI): JsonLd {
  const objects: object[] = [];
  const errors: string[] = [];
  for (const script of $("script[type]")) {
    if (!TYPE.test($(script).attr("type")!)) continue;
    try {
      objects.push(...objectsOf(JSON.parse(unwrap($(script).text()))));
    } catch (error) {
      errors.push(errorMessage(error));
    }
  }
  return { objects, errors };
}

/** Objects within lists, and in a `@graph`, which lends them its context. */
function* objectsOf(value: unknown): Generator<object> {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const each of value) yield* objectsOf(each);
    return;
  }
  const { "@graph": graph, ...rest } = value as Record<string, unknown>;
  // A graph with a name of its own, or with properties, is one thing.
  if (!Array.isArray(graph) || Object.keys(rest).some((name) => name !== "@context")) {
    yield value;
    return;
  }
  for (const each of objectsOf(graph)) yield { ...rest, ...each };
}

const OPENINGS = ["<!--", "<![CDATA[", "/*<![CDATA[*/", "//<![CDATA[", "/* <![CDATA[ */"];
const CLOSINGS = ["-->", "]]>", "/*]]>*/", "//]]>", "/* ]]> */", "//-->"];

/** What authors put around scripts for browsers of the last century. */
function unwrap(text: string): string {
  let json = text.trim();
  for (let before = ""; before !== json;) {
    before = json;
    const opening = OPENINGS.find((it) => json.startsWith(it));
    if (opening !== undefined) json = json.slice(opening.length).trim();
    const closing = CLOSINGS.findLast((it) => json.endsWith(it));
    if (closing !== undefined) json = json.slice(0, -closing.length).trim();
  }
  return json.endsWith(";") ? json.slice(0, -1) : json;
}
