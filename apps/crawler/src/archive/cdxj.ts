import { surt } from "./surt.js";
import type { Captured } from "./capture.js";

/**
 * A line of an index in CDXJ, as pywb and OpenWayback read it: the URL as a key, the time, and
 * where the record is. All ASCII; a line feed is not part of it.
 */
export function cdxjLine(captured: Captured): string {
  const { type, url, date, mime, status, digest, length, offset, filename } = captured;
  const about = {
    url,
    mime: type === "revisit" ? "warc/revisit" : (mime ?? "unk"),
    status: String(status),
    digest,
    length: String(length),
    offset: String(offset),
    filename,
  };
  return `${surt(url)} ${date.replace(/\D/g, "")} ${escape(JSON.stringify(about))}`;
}

/** JSON without a character that is not ASCII. */
function escape(json: string): string {
  return json.replace(
    /[^\x20-\x7E]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
