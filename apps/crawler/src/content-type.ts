import { computedMIMEType, MIMEType } from "whatwg-mimetype";

/** How much of a body decides what it is (MIME Sniffing standard, section 5.2), in bytes. */
export const SNIFF_LENGTH = 1445;

/** What a server says about a body. */
export interface ContentType {
  /** In lower case, without parameters; empty when the server says nothing that makes sense. */
  readonly mediaType: string;
  readonly charset: string | undefined;
}

/**
 * Nobody needs longer ones, in characters, and the library takes the square of the time for blanks.
 */
const LONGEST = 512;
const NOTHING: ContentType = { mediaType: "", charset: undefined };
/** What servers send that do not know. */
const UNKNOWN = new Set(["", "*/*", "unknown/unknown", "application/unknown"]);
const XHTML = "application/xhtml+xml";

/**
 * Reads the Content-Type headers of a response (Fetch standard, "extract a MIME type"): the last
 * that makes sense counts.
 *
 * @param headers the values, one for each header of the name
 */
export function extractContentType(headers: readonly string[]): ContentType {
  let found = NOTHING;
  for (const value of headers.flatMap(splitList)) {
    const type = value.length > LONGEST ? null : MIMEType.parse(value);
    if (type === null || type.essence === "*/*") continue;
    const before = type.essence === found.mediaType ? found.charset : undefined;
    found = { mediaType: type.essence, charset: type.parameters.get("charset") ?? before };
  }
  return found;
}

/** Whether what the server says says nothing, and the body must be asked. */
export function isUnknown({ mediaType }: ContentType): boolean {
  return UNKNOWN.has(mediaType);
}

/** Whether links can be found in it. */
export function isHtml({ mediaType }: ContentType): boolean {
  return mediaType === "text/html" || mediaType === XHTML;
}

/** Whether it is a style sheet. */
export function isCss({ mediaType }: ContentType): boolean {
  return mediaType === "text/css";
}

/** Whether it is to be read as XML. */
export function isXml({ mediaType }: ContentType): boolean {
  return mediaType === XHTML;
}

/**
 * What a body is whose server does not say (MIME Sniffing standard).
 *
 * @param start its first {@link SNIFF_LENGTH} bytes, or all of them
 * @param noSniff the server asks not to look for HTML
 */
export function sniffContentType(start: Uint8Array, noSniff: boolean): ContentType {
  const mediaType = computedMIMEType(start, { noSniff }).essence;
  const isXhtml =
    mediaType === "text/xml" &&
    Buffer.from(start).toString("latin1").includes("http://www.w3.org/1999/xhtml");
  return { mediaType: isXhtml ? XHTML : mediaType, charset: undefined };
}

/** Splits at commas that are in no quotes (Fetch standard, "get, decode, and split"). */
function splitList(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === "\\" && quoted) i++;
    else if (character === '"') quoted = !quoted;
    else if (character === "," && !quoted) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}
