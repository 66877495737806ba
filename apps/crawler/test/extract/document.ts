import { load } from "cheerio/slim";
import { Allowance } from "../../src/extract/allowance.js";
import type { FieldSource } from "../../src/extract/field.js";
import { parseDocument } from "../../src/document.js";

/** A page to extract from. */
export function documentOf(html: string, most = 1e9): FieldSource {
  const $ = load(parseDocument(html, false));
  return { $, base: new URL("http://a.example/dir/page"), allowance: new Allowance(most) };
}
