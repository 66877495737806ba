import { createRequire } from "node:module";
import { errorMessage } from "../errors.js";
import { PARSING_BUDGET } from "../fetcher.js";
import { webUrl } from "../links.js";
import { Pace } from "../pace.js";
import type { CrawledPage } from "../page.js";
import { Allowance } from "./allowance.js";
import { type Field, type FieldSource, parseField, readField } from "./field.js";
import { readJsonLd } from "./json-ld.js";
import { readMicrodata } from "./microdata.js";
import { readOpenGraph } from "./open-graph.js";

export interface ExtractorOptions {
  /** As {@link parseField} reads them. */
  readonly select?: readonly string[];
  /** CSS of the elements that are an item each; without it, the page is. */
  readonly each?: string;
  readonly jsonLd?: boolean;
  readonly microdata?: boolean;
  readonly openGraph?: boolean;
}

/** What was found; `url` is where. */
export type Item = Readonly<Record<string, unknown>> & { readonly url: string };

const WAYS = "--select, --json-ld, --microdata or --open-graph";
/** Characters that are taken of one page at most. */
const MOST = 16 * 1024 * 1024;
const require = createRequire(import.meta.url);

/** Finds on pages what was asked for. */
export class Extractor {
  /** Names of all that an item may have, in their order. */
  readonly columns: readonly string[];
  /** JSON-LD that was no JSON: how much, and the first. */
  readonly broken = { count: 0, first: "" };
  private readonly options: ExtractorOptions;
  private readonly fields: readonly Field[];

  /** @throws RangeError when nothing is asked for, or not in a way that can be understood */
  constructor(options: ExtractorOptions) {
    const { select = [], each, jsonLd, microdata, openGraph } = options;
    this.options = options;
    this.fields = select.map(parseField);
    const ofPage = [
      ...(jsonLd === true ? ["jsonLd"] : []),
      ...(microdata === true ? ["microdata"] : []),
      ...(openGraph === true ? ["openGraph"] : []),
    ];
    this.columns = ["url", ...this.fields.map(({ name }) => name), ...ofPage];
    const twice = this.columns.find((name, i) => this.columns.indexOf(name) < i);
    if (twice !== undefined) throw new RangeError(`an item cannot have two fields named ${twice}`);
    if (each !== undefined && (this.fields.length === 0 || ofPage.length > 0)) {
      throw new RangeError("each element is an item of selected fields, and of nothing else");
    }
    if (this.columns.length === 1) {
      throw new RangeError(`nothing is to be extracted: name it with ${WAYS}`);
    }
    for (const { css } of this.fields) checkCss(css);
    checkCss(each ?? "");
  }

  /** The items of a page: those on which something was found. @throws CrawlError `too-costly` */
  items(page: CrawledPage): Item[] {
    const { each } = this.options;
    const pace = new Pace(PARSING_BUDGET);
    const { $, url } = page;
    const base = webUrl($("base[href]").attr("href") ?? url, new URL(url)) ?? new URL(url);
    const elements =
      each === undefined
        ? [$.root()]
        : $(each)
            .toArray()
            .map((it) => $(it));
    const source = { $, base, allowance: new Allowance(MOST) };
    const items: Item[] = [];
    for (const element of elements) {
      pace.step();
      const fields = this.fields.map((field) => [field.name, readField(field, source, element)]);
      const item: Item = { url, ...Object.fromEntries(fields), ...this.ofPage(source, pace) };
      if (Object.entries(item).some(([name, value]) => name !== "url" && !isNothing(value)))
        items.push(item);
    }
    return items;
  }

  private ofPage(source: FieldSource, pace: Pace): Record<string, unknown> {
    const { $, base } = source;
    const found: Record<string, unknown> = {};
    if (this.options.jsonLd === true) {
      const { objects, errors } = readJsonLd($);
      found["jsonLd"] = objects;
      if (errors.length > 0 && this.broken.count === 0)
        this.broken.first = `${base.href}: ${errors[0]}`;
      this.broken.count += errors.length;
    }
    if (this.options.microdata === true) found["microdata"] = readMicrodata(source, pace.step);
    if (this.options.openGraph === true) found["openGraph"] = readOpenGraph($);
    return found;
  }
}

/** @throws RangeError */
function checkCss(css: string): void {
  if (css === "") return;
  const { load } = require("cheerio/slim") as typeof import("cheerio/slim");
  try {
    load("<p>")(css);
  } catch (error) {
    throw new RangeError(`${css} is no CSS selector: ${errorMessage(error)}`, { cause: error });
  }
}

function isNothing(value: unknown): boolean {
  return value === null || (typeof value === "object" && Object.keys(value as object).length === 0);
}
