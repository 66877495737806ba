import { isAscii, isUtf8 } from "node:buffer";
import { labelToName, TextDecoder as EveryDecoder } from "@exodus/bytes/encoding.js";
import sniffEncoding from "html-encoding-sniffer";

/** What is known of a page before its bytes are looked at. */
export interface PageType {
  /** The `charset` of the Content-Type. */
  readonly charset?: string | undefined;
  readonly xml?: boolean;
}

export interface Decoded {
  readonly text: string;
  /** By its name in the Encoding standard. */
  readonly encoding: string;
}

/** How much is decoded between two calls of `pause`, in bytes. */
const SLICE = 256 * 1024;
/** How far a `<meta>` may stand from the start, in bytes. */
const META_LIMIT = 64 * 1024;
/** The standard looks for a `<meta>` in so many bytes. */
const PRESCAN = 1024;

/**
 * Decodes a page. Never fails: bytes that are invalid in the encoding become U+FFFD.
 *
 * Node's own decoder is used for UTF-8 only. Which others it has, and whether they are right,
 * depends on its version.
 */
export function decodePage(bytes: Uint8Array, type: PageType, pause?: () => void): Decoded {
  const encoding = encodingOf(bytes, type);
  const decoder =
    encoding === "UTF-8"
      ? new TextDecoder()
      : // The standard replaces these encodings, dangerous in browsers, by one U+FFFD. The links
        // in such a page are ASCII all the same.
        new EveryDecoder(encoding === "replacement" ? "windows-1252" : encoding);
  let text = "";
  for (let at = 0; at < bytes.length; at += SLICE) {
    if (at > 0) pause?.();
    text += decoder.decode(bytes.subarray(at, at + SLICE), { stream: true });
  }
  return { text: text + decoder.decode(), encoding };
}

/**
 * The encoding is, in this order: the byte order mark, the `charset` of the Content-Type, a
 * `<meta>` or an XML declaration (HTML standard, "encoding sniffing algorithm"); for XML then
 * UTF-8. For HTML that says nothing UTF-8 too, if it is valid; else what a `<meta>` further down
 * says; else windows-1252.
 */
function encodingOf(bytes: Uint8Array, { charset, xml = false }: PageType): string {
  const label = charset === undefined ? {} : { transportLayerEncodingLabel: charset };
  // Told that it is XML, the library looks for no `<meta>`: that takes a while.
  const hasNoMeta = xml || !latin1(bytes, 0, PRESCAN).toLowerCase().includes("charset");
  const declared =
    sniffEncoding(bytes, { xml: hasNoMeta, defaultEncoding: "", ...label }) || xmlEncoding(bytes);
  if (declared !== "") return declared;
  if (xml) return "UTF-8";
  // In ASCII there is also ISO-2022-JP.
  const ascii = isAscii(bytes);
  if (!ascii && isUtf8(wholeCharacters(bytes))) return "UTF-8";
  return lateMeta(bytes) || (ascii ? "UTF-8" : "windows-1252");
}

/** What `<?xml encoding="..."?>` says, or nothing. */
function xmlEncoding(bytes: Uint8Array): string {
  const start = latin1(bytes, 0, PRESCAN);
  if (start.startsWith("<\0?\0x\0")) return "UTF-16LE";
  if (start.startsWith("\0<\0?\0x")) return "UTF-16BE";
  if (!start.startsWith("<?xml")) return "";
  const declaration = start.slice(0, start.indexOf(">") + 1);
  const label = /\sencoding[ \t\r\n]{0,9}=[ \t\r\n]{0,9}["']([\w.:-]{1,40})["']/.exec(declaration);
  const name = label === null ? null : labelToName(label[1]!);
  // Who could read the declaration as ASCII has no UTF-16.
  return name?.startsWith("UTF-16") === true ? "UTF-8" : (name ?? "");
}

/** What a `<meta>` says that stands beyond the bytes in which the standard looks for it. */
function lateMeta(bytes: Uint8Array): string {
  const text = latin1(bytes, 0, META_LIMIT).toLowerCase();
  const start = PRESCAN - 256; // it may lie across the border
  for (let at = text.indexOf("<meta", start), tries = 0; at >= 0 && tries < 50; tries++) {
    const found = sniffEncoding(bytes.subarray(at, at + PRESCAN), { defaultEncoding: "" });
    if (found !== "") return found;
    at = text.indexOf("<meta", at + PRESCAN / 2);
  }
  return "";
}

/** Without the part of a character at the end, where a body was cut. */
function wholeCharacters(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && end > bytes.length - 3 && (bytes[end - 1]! & 0xc0) === 0x80) end--;
  return end > 0 && bytes[end - 1]! >= 0xc0 && !isUtf8(bytes.subarray(end - 1))
    ? bytes.subarray(0, end - 1)
    : bytes;
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1", start, end);
}
