import { Tokenizer, type TokenizerCallbacks } from "htmlparser2";

/** The attributes of one tag, names in lower case unless the page is XML. */
export type Tag = ReadonlyMap<string, string>;

/** Who is told what a page consists of. What stands in a `<template>` is no part of the page. */
export interface MarkupHandler {
  /** Whether `open` is to be called for elements of this name. */
  wants(name: string): boolean;
  /** @param at where in the text it stands */
  open(name: string, tag: Tag, at: number): void;
  /** The text of the page's title, in pieces; at least one, which may be empty. */
  titleText(text: string): void;
}

/** How much text is read between two calls of `pause`. */
const SLICE = 16 * 1024;
/** Foreign elements within each other that are kept apart; deeper ones are taken for HTML. */
const MAX_FOREIGN = 512;

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

/**
 * Reads a page tag by tag, and keeps no tree and no stack of open elements: the time it takes grows
 * with the length of the page, however deep and however wrong its markup is. What it remembers is
 * where HTML does not mean HTML: in SVG and MathML, in templates, in scripts.
 */
export class MarkupReader implements TokenizerCallbacks {
  /** Equal for pages whose text, scripts aside, differs in numbers and white space only. */
  fingerprint = 0x811c9dc5;
  private readonly text: string;
  private readonly xml: boolean;
  private readonly handler: MarkupHandler;
  /** SVG, MathML and the integration points within them that are open, the innermost last. */
  private readonly foreign: string[] = [];
  private templates = 0;
  /** Of the tag being read. */
  private name = "";
  private at = 0;
  private tag: Map<string, string> | null = null;
  private attribute = "";
  private value = "";
  private title: "before" | "within" | "after" = "before";
  /** In the text of a script or style sheet. */
  private code = false;

  constructor(text: string, xml: boolean, handler: MarkupHandler) {
    // CDATA is for XML; in HTML it is a comment that ends at the next `>`.
    this.text = xml ? text : text.replaceAll("<![CDATA[", "<!?CDATA[");
    this.xml = xml;
    this.handler = handler;
  }

  read(pause?: () => void): void {
    const tokenizer = new Tokenizer({ xmlMode: this.xml }, this);
    for (let at = 0; at < this.text.length; at += SLICE) {
      if (at > 0) pause?.();
      tokenizer.write(this.text.slice(at, at + SLICE));
    }
    tokenizer.end();
  }

  isInForeignContext(): boolean {
    return isForeign(this.foreign.at(-1));
  }

  onopentagname(start: number, end: number): void {
    this.name = this.nameOf(start, end);
    this.at = start;
    if (!this.xml && BREAKOUTS.has(this.name) && this.isInForeignContext()) this.foreign.length = 0;
    const wanted = this.templates === 0 && this.handler.wants(this.name);
    // In SVG and MathML the only element that leads anywhere is the link.
    const counts = wanted && (this.name === "a" || !this.isInForeignContext());
    this.tag = counts ? new Map() : null;
  }

  onattribname(start: number, end: number): void {
    if (this.tag === null) return;
    const name = this.text.slice(start, end);
    this.attribute = this.xml ? name : name.toLowerCase();
    this.value = "";
  }

  onattribdata(start: number, end: number): void {
    if (this.tag !== null) this.value += this.text.slice(start, end);
  }

  onattribentity(codepoint: number): void {
    if (this.tag !== null) this.value += String.fromCodePoint(codepoint);
  }

  onattribend(): void {
    // Of two attributes with one name the first counts.
    if (this.tag?.has(this.attribute) === false) this.tag.set(this.attribute, this.value);
  }

  onopentagend(): void {
    const { name } = this;
    if (this.tag !== null) this.handler.open(name, this.tag, this.at);
    this.code = name === "script" || name === "style";
    if (this.isInForeignContext()) {
      if (INTEGRATION_POINTS.has(name) || isForeign(name)) this.enter(name);
    } else if (isForeign(name)) this.enter(name);
    else if (name === "template") this.templates++;
    else if (name === "title" && this.title === "before" && this.templates === 0) {
      this.title = "within";
      this.handler.titleText("");
    }
    this.tag = null;
  }

  onselfclosingtag(): void {
    const closes = this.xml || this.isInForeignContext() || isForeign(this.name);
    this.onopentagend();
    if (closes) this.close(this.name);
  }

  onclosetag(start: number, end: number): void {
    this.close(this.nameOf(start, end));
  }

  ontext(start: number, end: number): void {
    const inTitle = this.title === "within";
    if (this.code && !inTitle) return;
    const text = this.text.slice(start, end);
    if (inTitle) this.handler.titleText(text);
    this.fingerprint = hash(this.fingerprint, text);
  }

  ontextentity(codepoint: number): void {
    if (this.title === "within") this.handler.titleText(String.fromCodePoint(codepoint));
  }

  oncdata(start: number, end: number, endOffset: number): void {
    this.ontext(start, end - endOffset);
  }

  oncomment(): void {}
  ondeclaration(): void {}
  onprocessinginstruction(): void {}
  onend(): void {}

  private close(name: string): void {
    this.code = false;
    if (name === "title" && this.title === "within") this.title = "after";
    else if (name === "template" && this.templates > 0 && !this.isInForeignContext())
      this.templates--;
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
    const name = this.text.slice(start, end);
    return this.xml ? name.slice(name.indexOf(":") + 1) : name.toLowerCase();
  }
}

function isForeign(name: string | undefined): boolean {
  return name === "svg" || name === "math";
}

/** FNV-1a over all but digits and white space. */
function hash(before: number, text: string): number {
  let value = before;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x20 && (code < 0x30 || code > 0x39))
      value = Math.imul(value ^ code, 0x01000193) >>> 0;
  }
  return value;
}
