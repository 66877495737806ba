/// <reference path="./html-encoding-sniffer.d.ts" />
import sniffEncoding from "html-encoding-sniffer";
import iconv from "iconv-lite";

/**
 * Decodes an HTML page. The encoding is, in this order: the byte order mark, the `charset` of the
 * Content-Type, a `<meta>` in the first 1,024 bytes, windows-1252 (HTML standard, "encoding
 * sniffing algorithm").
 *
 * Bytes that are invalid in the encoding become U+FFFD. Node's own decoder is only used where
 * iconv-lite has none, because that of Node 20 maps windows-1252 wrongly.
 */
export function decodeHtml(bytes: Uint8Array, contentType: string): string {
  const label = charsetOf(contentType);
  const encoding = sniffEncoding(
    bytes,
    label === null ? {} : { transportLayerEncodingLabel: label },
  );
  if (iconv.encodingExists(encoding))
    return iconv.decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), encoding);
  try {
    return new TextDecoder(encoding).decode(bytes);
  } catch {
    return iconv.decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), "windows-1252");
  }
}

/** The `charset` parameter of a Content-Type header, or null. */
export function charsetOf(contentType: string): string | null {
  const parameter = /;\s*charset\s*=\s*(?:"([^"]*)"|([^\s;]+))/i.exec(contentType);
  return parameter?.[1] ?? parameter?.[2] ?? null;
}
