import { createRequire } from "node:module";
import type { DomHandler } from "htmlparser2";

/** A tree of nodes, as Cheerio and others take it. */
export type Document = DomHandler["root"];
export type DocumentNode = Document | Document["children"][number];
export type DocumentElement = Extract<DocumentNode, { attribs: object }>;

const require = createRequire(import.meta.url);

/** Elements within each other; what browsers stop at, too. */
const MAX_DEPTH = 512;
/** How much text is parsed between two calls of `pause`. */
const SLICE = 16 * 1024;

/**
 * The tree of a page, for those who need more of it than its links. Elements deeper than 512 become
 * children of the last one that is not, so the time it takes grows with the length of the page,
 * however deep it is.
 *
 * @param pause called between pieces of a large page, so that other greenlets get a turn
 */
export function parseDocument(text: string, xml: boolean, pause?: () => void): Document {
  // Loaded when first used, as Cheerio is: a crawl that needs no documents begins sooner.
  const { DomHandler, Parser } = require("htmlparser2") as typeof import("htmlparser2");
  const handler = new DomHandler(null, { xmlMode: xml });
  const parser = new Parser(handler, { xmlMode: xml });
  // It goes through its stack of open elements at each tag: here that stays short.
  const { stack } = parser as unknown as { stack: readonly string[] };
  const open = parser.onopentagname.bind(parser);
  parser.onopentagname = (start, end) => {
    if (stack.length < MAX_DEPTH) open(start, end);
  };
  for (let at = 0; at < text.length; at += SLICE) {
    if (at > 0) pause?.();
    parser.write(text.slice(at, at + SLICE));
  }
  parser.end();
  return handler.root;
}
