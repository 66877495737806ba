import { collapse } from "../collapse.js";
import type { DocumentElement as Element } from "../document.js";
import { resolveReference } from "../url.js";
import type { FieldSource } from "./field.js";

/** An item of microdata, as the HTML standard turns it into JSON. */
export interface MicrodataItem {
  readonly type?: readonly string[];
  readonly id?: string;
  readonly properties: Readonly<Record<string, readonly (string | MicrodataItem)[]>>;
}

/** Elements whose value is an address, and where that stands. */
const ADDRESSES: ReadonlyMap<string, string> = new Map([
  ["a", "href"],
  ["area", "href"],
  ["audio", "src"],
  ["embed", "src"],
  ["iframe", "src"],
  ["img", "src"],
  ["link", "href"],
  ["object", "data"],
  ["source", "src"],
  ["track", "src"],
  ["video", "src"],
]);
/** Elements whose value is in an attribute. */
const VALUES: ReadonlyMap<string, string> = new Map([
  ["data", "value"],
  ["meta", "content"],
  ["meter", "value"],
  ["time", "datetime"],
]);

/** Items within each other: more are told as circles are, `ERROR`. */
const DEEPEST = 64;

/**
 * The microdata of a page (HTML standard, section 5.4).
 *
 * @param pause called for each element; may end it by throwing
 * @throws RangeError when it is too much
 */
export function readMicrodata(source: FieldSource, pause: () => void): MicrodataItem[] {
  const reader = new Reader(source, pause);
  return source
    .$<Element, string>("[itemscope]:not([itemprop])")
    .toArray()
    .map((element) => reader.item(element, new Set()));
}

class Reader {
  private readonly source: FieldSource;
  private readonly pause: () => void;
  /** The first element of each id, once somebody asked. */
  private ids: Map<string, Element> | null = null;

  constructor(source: FieldSource, pause: () => void) {
    this.source = source;
    this.pause = pause;
  }

  /** @param within the items that this one is part of: items may refer to each other in circles */
  item(element: Element, within: ReadonlySet<Element>): MicrodataItem {
    const inside = new Set(within).add(element);
    const properties = new Map<string, (string | MicrodataItem)[]>();
    for (const property of this.propertiesOf(element)) {
      const value = this.valueOf(property, inside);
      for (const name of new Set(words(property.attribs["itemprop"]))) {
        const values = properties.get(name);
        if (values === undefined) properties.set(name, [value]);
        else values.push(value);
      }
    }
    const type = words(element.attribs["itemtype"]);
    const id = element.attribs["itemid"];
    return {
      ...(type.length > 0 ? { type } : {}),
      ...(id === undefined ? {} : { id: this.address(id) }),
      properties: Object.fromEntries(properties),
    };
  }

  /** Elements that say something of an item: within it, or where it refers to. */
  private *propertiesOf(item: Element): Generator<Element> {
    const roots = [item, ...words(item.attribs["itemref"]).flatMap((id) => this.byId(id))];
    const seen = new Set<Element>();
    const waiting = roots.map((root) => ({ root, isItem: root === item })).reverse();
    for (let next; (next = waiting.pop()) !== undefined;) {
      const { root, isItem } = next;
      this.pause();
      if (seen.has(root)) continue;
      seen.add(root);
      if (!isItem && root.attribs["itemprop"] !== undefined) yield root;
      // What is within another item is that one's.
      if (!isItem && root.attribs["itemscope"] !== undefined) continue;
      for (let child = root.lastChild; child !== null; child = child.prev) {
        if ("attribs" in child) waiting.push({ root: child as Element, isItem: false });
      }
    }
  }

  private valueOf(element: Element, within: ReadonlySet<Element>): string | MicrodataItem {
    if (element.attribs["itemscope"] !== undefined)
      return within.has(element) || within.size === DEEPEST ? "ERROR" : this.item(element, within);
    const address = ADDRESSES.get(element.name);
    if (address !== undefined) return this.address(element.attribs[address] ?? "");
    const attribute = VALUES.get(element.name);
    const value = attribute === undefined ? undefined : element.attribs[attribute];
    const { $, allowance } = this.source;
    return allowance.take(value ?? collapse($(element).text()));
  }

  private byId(id: string): Element[] {
    if (this.ids === null) {
      const elements = this.source.$<Element, string>("[id]").toArray().reverse();
      this.ids = new Map(elements.map((element) => [element.attribs["id"]!, element]));
    }
    const element = this.ids.get(id);
    return element === undefined ? [] : [element];
  }

  private address(reference: string): string {
    const { allowance, base } = this.source;
    return allowance.take(resolveReference(reference, base) ?? reference);
  }
}

function words(text: string | undefined): string[] {
  return (text ?? "").split(/\s/).filter(Boolean);
}
