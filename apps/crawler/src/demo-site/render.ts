import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import iconv from "iconv-lite";
import type { BombRoute, PageRoute } from "./route.js";

/** A page ready to be sent. */
export interface Rendered {
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

const FILLER =
  "Nothing here waits for anything else, although every line of it looks as if it did. ".repeat(20);

/** Makes the bytes of a page, in its charset and its content coding. */
export function renderPage(route: PageRoute): Rendered {
  const charset = route.charset ?? "utf-8";
  const declared = route.declared ?? "header";
  const text = iconv.encode(
    route.body ?? html(route, declared === "meta" ? charset : null),
    charset,
    {
      addBOM: declared === "bom",
    },
  );
  const body = compress(text, route.coding);
  const contentType = declared === "header" ? `text/html; charset=${charset}` : "text/html";
  const headers: Record<string, string> = { "content-type": contentType, ...route.headers };
  if (route.coding !== undefined) headers["content-encoding"] = route.coding.replace("-raw", "");
  return { headers, body };
}

/** A small body that decompresses to 16 MB. */
export function renderBomb({ codings = ["gzip"] }: Omit<BombRoute, "kind"> = {}): Rendered {
  const headers = { "content-type": "text/html", "content-encoding": codings.join(", ") };
  let body: Buffer = Buffer.alloc(16 * 1024 * 1024, " ");
  for (const coding of codings) body = compress(body, coding);
  return { headers, body };
}

function html({ title, links, head }: PageRoute, charset: string | null): string {
  const meta = charset === null ? "" : `<meta charset="${charset}">`;
  const items = links.map((link) => `<li><a href="${link}">${link}</a></li>`).join("\n");
  return `<!doctype html>
<html><head>${meta}<title>${title}</title>${head ?? ""}</head>
<body><h1>${title}</h1><p>${FILLER}</p><ul>
${items}
</ul></body></html>
`;
}

/** Brotli's best takes seconds for what nobody reads. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };

function compress(body: Buffer, coding: string | undefined): Buffer {
  if (coding === "gzip") return gzipSync(body);
  if (coding === "br") return brotliCompressSync(body, BROTLI);
  if (coding === "deflate") return deflateSync(body);
  return coding === "deflate-raw" ? deflateRawSync(body) : body;
}
