import type { Cheerio, CheerioAPI } from "cheerio";
import { collapse } from "../collapse.js";
import type { DocumentNode } from "../document.js";
import { resolveReference } from "../url.js";
import type { Allowance } from "./allowance.js";

/** What is made of an element: its text, its content as HTML, or the number in its text. */
export type FieldType = "text" | "html" | "number";

/** One thing to find on a page, as `--select` says it: `name:type[]=css@attribute`. */
export interface Field {
  readonly name: string;
  readonly type: FieldType;
  /** All that are found, not the first. */
  readonly isList: boolean;
  /** Empty: the element itself that it is looked for in. */
  readonly css: string;
  readonly attribute: string | null;
}

export type FieldValue = string | number | null | readonly (string | number)[];

const SYNTAX = /^([A-Za-z_][\w.-]*)(?::(\w+))?(\[\])?=(.*)$/s;
const TYPES: readonly FieldType[] = ["text", "html", "number"];
const NUMBER = /^[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?$/;
/** Attributes that hold an address, which is made absolute. */
const ADDRESSES = new Set(["action", "cite", "data", "formaction", "href", "poster", "src"]);

/** @throws RangeError when it is no field; the CSS has not been looked at then */
export function parseField(text: string): Field {
  const match = SYNTAX.exec(text);
  if (match === null) {
    throw new RangeError(`${text} is no field: write name=css, name=css@attribute, name[]=css ...`);
  }
  const [, name = "", type = "text", list, rest = ""] = match;
  if (!TYPES.includes(type as FieldType)) {
    throw new RangeError(`${text}: ${type} is none of ${TYPES.join(", ")}`);
  }
  const [, css = "", attribute] = /^(.*?)(?:@([\w:.-]+))?$/s.exec(rest)!;
  if (type === "html" && attribute !== undefined) {
    throw new RangeError(`${text}: an attribute has no HTML in it`);
  }
  return {
    name,
    type: type as FieldType,
    isList: list !== undefined,
    css: css.trim(),
    attribute: attribute ?? null,
  };
}

/** A page that fields are looked for on. */
export interface FieldSource {
  readonly $: CheerioAPI;
  /** Of its addresses. */
  readonly base: URL;
  readonly allowance: Allowance;
}

/**
 * @param from what to look in: the document, or one element of it
 * @throws RangeError when it is too much
 */
export function readField(
  field: Field,
  source: FieldSource,
  from: Cheerio<DocumentNode>,
): FieldValue {
  const found = field.css === "" ? from : from.find(field.css);
  const values: (string | number)[] = [];
  for (const node of found) {
    const value = valueOf(field, source, source.$(node));
    if (value !== null && !field.isList) return value;
    if (value !== null) values.push(value);
  }
  return field.isList ? values : null;
}

/** Null when there is nothing of the kind: no attribute, no text, no number. */
function valueOf(
  { attribute, type }: Field,
  { allowance, base }: FieldSource,
  element: Cheerio<DocumentNode>,
): string | number | null {
  if (type === "html") return allowance.take(element.html() ?? "").trim() || null;
  const text = attribute === null ? element.text() : element.attr(attribute);
  if (text === undefined) return null;
  const known = collapse(allowance.take(text));
  if (type === "number") return readNumber(known);
  if (attribute !== null && ADDRESSES.has(attribute)) return resolveReference(known, base) ?? known;
  return known || null;
}

/**
 * The first number of a text, in the spelling of English: `1,234.50`. Null where it may mean
 * something else, as `1.234,50` does.
 */
function readNumber(text: string): number | null {
  const [, number] = /(?<![\d.,])([+-]?\d[\d.,]{0,40}?)[.,]{0,9}(?![\d.,])/.exec(text) ?? [];
  if (number === undefined || !NUMBER.test(number)) return null;
  return Number(number.replaceAll(",", ""));
}
