import { decodeHTML, decodeXML } from "entities/decode";
import { Interned } from "./interned.js";
import { Tokenizer, type TokenSink } from "./tokenizer.js";

/** The attributes of one tag, names in lower case unless the page is XML. */
export type Tag = ReadonlyMap<string, string>;

/** Who is told what a page consists of. What stands in a `<template>` is no part of the page. */
export interface MarkupHandler {
  /**
   * Whether `open` is to be called for elements of this name.
   * @param isForeign they are SVG or MathML
   */
  wants(name: string, isForeign: boolean): boolean;
  /** @param at where in the text it stands */
  open(name: string, tag: Tag, at: number): void;
  /** The text of the page's title, in pieces; at least one, which may be empty. */
  titleText(text: string): void;
  /** The text of a `<style>`, in pieces. @param at where the piece stands */
  styleText?(text: string, at: number): void;
}

/** Elements in which nothing but their own end tag is markup. */
const RAW = new Set("script style title textarea xmp iframe noembed noframes plaintext".split(" "));
/** Foreign elements within each other that are kept apart; deeper ones are taken for HTML. */
const MAX_FOREIGN = 512;
/** Of a piece of a title, so much is looked at. */
const LONGEST_TITLE = 10_000;

/** Elements in SVG and MathML whose content is HTML again. */
const INTEGRATION_POINTS = new Set(
  "foreignobject desc title mi mo mn ms mtext annotation-xml".split(" "),
);
/** HTML elements that end SVG and MathML wherever they begin (HTML standard, 13.2.6.5). */
const BREAKOUTS = new Set(
  (
    "b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li " +
    "listing menu meta nobr ol p pre ruby s small span strong strike sub sup table tt u ul var"
  ).split(" "),
);

/** Names in lower case, as they are met again and again. */
const names = new Interned();

/**
 * Reads a page tag by tag, and keeps no tree and no stack of open elements: the time it takes grows
 * with the length of the page, however deep and however wrong its markup is. What it remembers is
 * where HTML does not mean HTML: in SVG and MathML, in templates, in scripts.
 */
export class MarkupReader implements TokenSink {
  /** Equal for pages whose text, scripts aside, differs in numbers and white space only. */
  fingerprint = 0x811c9dc5;
  private readonly source: string;
  private readonly xml: boolean;
  private readonly handler: MarkupHandler;
  /** SVG, MathML and the integration points within them that are open, the innermost last. */
  private readonly foreign: string[] = [];
  private templates = 0;
  /** Of the tag being read. */
  private name = "";
  private at = 0;
  private tag: Map<string, string> | null = null;
  private title: "before" | "within" | "after" = "before";
  /** In the text of a script or style sheet: which. */
  private code: "" | "script" | "style" = "";

  constructor(text: string, xml: boolean, handler: MarkupHandler) {
    this.source = text;
    this.xml = xml;
    this.handler = handler;
  }

  read(pause?: () => void): void {
    new Tokenizer(this.source, this.xml, this).read(pause);
  }

  isForeign(): boolean {
    return isForeign(this.foreign.at(-1));
  }

  openTag(start: number, end: number): boolean {
    const name = (this.name = this.nameOf(start, end));
    this.at = start;
    if (this.foreign.length > 0 && !this.xml && BREAKOUTS.has(name) && this.isForeign())
      this.foreign.length = 0;
    const isForeign = this.foreign.length > 0 && this.isForeign();
    const isWanted = this.templates === 0 && this.handler.wants(name, isForeign);
    this.tag = isWanted ? new Map() : null;
    return isWanted;
  }

  attribute(start: number, end: number, value: string): void {
    const name = this.xml ? this.source.slice(start, end) : names.of(this.source, start, end);
    // Of two attributes with one name the first counts.
    if (this.tag?.has(name) === false) this.tag.set(name, value);
  }

  openTagEnd(selfClosing: boolean): string {
    const { name } = this;
    const wasForeign = this.foreign.length > 0 && this.isForeign();
    if (this.tag !== null) this.handler.open(name, this.tag, this.at);
    this.tag = null;
    if (wasForeign) {
      if (INTEGRATION_POINTS.has(name) || isForeign(name)) this.enter(name);
    } else if (isForeign(name)) this.enter(name);
    else if (name === "template") this.templates++;
    else if (name === "title" && this.title === "before" && this.templates === 0) {
      this.title = "within";
      this.handler.titleText("");
    }
    this.code = name === "script" || name === "style" ? name : "";
    if (selfClosing && (this.xml || wasForeign || isForeign(name))) {
      this.close(name);
      return "";
    }
    return !this.xml && !wasForeign && RAW.has(name) ? name : "";
  }

  closeTag(start: number, end: number): void {
    this.close(this.nameOf(start, end));
  }

  text(start: number, end: number, isLiteral = false): void {
    const inTitle = this.title === "within";
    if (this.code !== "" && !inTitle) {
      if (this.code === "style" && this.templates === 0 && this.handler.styleText !== undefined)
        this.handler.styleText(this.source.slice(start, end), start);
      return;
    }
    if (inTitle) {
      const text = this.source.slice(start, Math.min(end, start + LONGEST_TITLE));
      const decode = this.xml ? decodeXML : decodeHTML;
      this.handler.titleText(isLiteral ? text : decode(text));
    }
    this.fingerprint = hash(this.fingerprint, this.source, start, end);
  }

  private close(name: string): void {
    this.code = "";
    if (name === "title" && this.title === "within") this.title = "after";
    else if (name === "template" && this.templates > 0 && !this.isForeign()) this.templates--;
    else if (this.foreign.length > 0) {
      const at = this.foreign.lastIndexOf(name);
      if (at >= 0) this.foreign.length = at;
    }
  }

  private enter(name: string): void {
    if (this.foreign.length < MAX_FOREIGN) this.foreign.push(name);
  }

  /** In XML without its prefix: `<h:a>` is a link too. */
  private nameOf(start: number, end: number): string {
    if (!this.xml) return names.of(this.source, start, end);
    const name = this.source.slice(start, end);
    return name.slice(name.indexOf(":") + 1);
  }
}

function isForeign(name: string | undefined): boolean {
  return name === "svg" || name === "math";
}

/** FNV-1a over all but digits and white space. */
function hash(before: number, text: string, start: number, end: number): number {
  let value = before;
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x20 && (code < 0x30 || code > 0x39)) value = Math.imul(value ^ code, 0x01000193);
  }
  return value >>> 0;
}
