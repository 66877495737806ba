import { decodeHTMLAttribute, decodeXML } from "entities/decode";

/** Who is told what a page consists of. Positions are in the text. */
export interface TokenSink {
  /** A start tag begins. @returns whether its attributes are of use */
  openTag(start: number, end: number): boolean;
  /** One of its attributes; the value is decoded. */
  attribute(start: number, end: number, value: string): void;
  /** @returns the name of the element, if what follows is no markup until that ends; else "" */
  openTagEnd(selfClosing: boolean): string;
  closeTag(start: number, end: number): void;
  /**
   * Text as it stands; one text may come in pieces.
   * @param isLiteral what looks like an entity is none: a CDATA section
   */
  text(start: number, end: number, isLiteral?: boolean): void;
  /** Whether the text at hand is SVG or MathML, which have CDATA sections. */
  isForeign(): boolean;
}

/** How much text is read between two calls of `pause`, and the longest piece of text. */
const SLICE = 16 * 1024;

const TAB = 0x09;
const LINE_FEED = 0x0a;
const FORM_FEED = 0x0c;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const EXCLAMATION = 0x21;
const DOUBLE_QUOTE = 0x22;
const SINGLE_QUOTE = 0x27;
const SLASH = 0x2f;
const LESS = 0x3c;
const EQUALS = 0x3d;
const GREATER = 0x3e;
const QUESTION = 0x3f;

/**
 * Takes a page apart into tags and text, as the tokenizer of the HTML standard (13.2.5), or for
 * XML. It keeps nothing but its place, and looks at each character once or twice, whatever they
 * are; a name or a value becomes a string only when it is wanted. That makes it several times as
 * fast as one that must go on in the middle of a word when the next piece of a stream arrives.
 */
export class Tokenizer {
  private readonly text: string;
  private readonly xml: boolean;
  private readonly sink: TokenSink;
  private pause: () => void = () => {};
  private pauseAt = SLICE;

  constructor(text: string, xml: boolean, sink: TokenSink) {
    this.text = text;
    this.xml = xml;
    this.sink = sink;
  }

  /** @param pause called again and again, so that others get a turn */
  read(pause: () => void = () => {}): void {
    this.pause = pause;
    for (let at = 0; at < this.text.length;) {
      if (at >= this.pauseAt) this.turn(at);
      const next = this.text.charCodeAt(at) === LESS ? this.markup(at) : at;
      at = next > at ? next : this.run(at);
    }
  }

  private turn(at: number): void {
    this.pauseAt = at + SLICE;
    this.pause();
  }

  /** Text up to the next `<`. */
  private run(start: number): number {
    const { text } = this;
    const stop = Math.min(text.length, start + SLICE);
    let end = start + 1; // that may be a `<` which begins nothing
    while (end < stop && text.charCodeAt(end) !== LESS) end++;
    this.sink.text(start, end);
    return end;
  }

  /** @returns where it ends; `start` when it is none */
  private markup(start: number): number {
    const code = this.text.charCodeAt(start + 1);
    if (code === SLASH) return this.closeTag(start);
    if (code === EXCLAMATION) return this.declaration(start);
    if (code === QUESTION) return this.after(this.xml ? "?>" : ">", start + 2);
    return this.isNameStart(code) ? this.openTag(start + 1) : start;
  }

  private openTag(start: number): number {
    const nameEnd = this.nameEnd(start);
    const wanted = this.sink.openTag(start, nameEnd);
    const end = this.attributes(nameEnd, wanted);
    if (end < 0) return this.text.length;
    const raw = this.sink.openTagEnd(this.isSelfClosing);
    return raw === "" ? end : this.rawText(raw, end);
  }

  private closeTag(start: number): number {
    const code = this.text.charCodeAt(start + 2);
    if (code === GREATER) return start + 3;
    if (Number.isNaN(code)) return start; // the end
    if (!this.isNameStart(code)) return this.after(">", start + 2);
    const nameEnd = this.nameEnd(start + 2);
    const end = this.attributes(nameEnd, false);
    if (end < 0) return this.text.length;
    this.sink.closeTag(start + 2, nameEnd);
    return end;
  }

  private nameEnd(start: number): number {
    let end = start;
    while (end < this.text.length && !endsName(this.text.charCodeAt(end))) end++;
    return end;
  }

  /** Of the tag that was read last. */
  private isSelfClosing = false;

  /** @returns where the tag ends; -1 when it does not, and so is none */
  private attributes(start: number, wanted: boolean): number {
    const { text } = this;
    const { length } = text;
    let code = 0;
    for (let at = start; ;) {
      this.isSelfClosing = false;
      for (; at < length; at++) {
        code = text.charCodeAt(at);
        if (code === SLASH) this.isSelfClosing = true;
        else if (isSpace(code)) this.isSelfClosing = false;
        else break;
      }
      if (at >= length) return -1;
      if (code === GREATER) return at + 1;
      if (at >= this.pauseAt) this.turn(at);
      const nameStart = at;
      do code = text.charCodeAt(++at);
      while (at < length && code !== EQUALS && !endsName(code));
      const nameEnd = at;
      while (isSpace(code)) code = text.charCodeAt(++at);
      let valueStart = at;
      let valueEnd = at;
      if (code === EQUALS) {
        do code = text.charCodeAt(++at);
        while (isSpace(code));
        if (code === DOUBLE_QUOTE || code === SINGLE_QUOTE) {
          valueStart = at + 1;
          valueEnd = text.indexOf(code === SINGLE_QUOTE ? "'" : '"', valueStart);
          if (valueEnd < 0) return -1;
          at = valueEnd + 1;
        } else {
          valueStart = at;
          while (at < length && code !== GREATER && !isSpace(code)) code = text.charCodeAt(++at);
          valueEnd = at;
        }
      }
      if (wanted) this.sink.attribute(nameStart, nameEnd, this.value(valueStart, valueEnd));
    }
  }

  private value(start: number, end: number): string {
    const value = this.text.slice(start, end);
    if (!value.includes("&")) return value;
    return this.xml ? decodeXML(value) : decodeHTMLAttribute(value);
  }

  /** The text of an element in which nothing but its own end tag is markup. */
  private rawText(name: string, start: number): number {
    const { text } = this;
    let end = name === "plaintext" ? -1 : text.indexOf("</", start);
    while (end >= 0 && !this.isEndTag(end, name)) end = text.indexOf("</", end + 2);
    if (end < 0) end = text.length;
    for (let at = start; at < end; at += SLICE) this.sink.text(at, Math.min(end, at + SLICE));
    return end;
  }

  private isEndTag(at: number, name: string): boolean {
    const end = at + 2 + name.length;
    return (
      endsName(this.text.charCodeAt(end)) && this.text.slice(at + 2, end).toLowerCase() === name
    );
  }

  /** Comments, CDATA and what else begins with `<!`. */
  private declaration(start: number): number {
    const { text } = this;
    if (text.startsWith("--", start + 2)) return this.comment(start + 4);
    if (text.startsWith("[CDATA[", start + 2) && (this.xml || this.sink.isForeign())) {
      const end = text.indexOf("]]>", start + 9);
      this.sink.text(start + 9, end < 0 ? text.length : end, true);
      return end < 0 ? text.length : end + 3;
    }
    return this.after(">", start + 2);
  }

  private comment(start: number): number {
    const { text } = this;
    if (this.xml) return this.after("-->", start);
    if (text.startsWith(">", start)) return start + 1;
    if (text.startsWith("->", start)) return start + 2;
    for (let at = text.indexOf("--", start); at >= 0; at = text.indexOf("--", at + 1)) {
      const code = text.charCodeAt(at + 2);
      if (code === GREATER) return at + 3;
      if (code === EXCLAMATION && text.charCodeAt(at + 3) === GREATER) return at + 4;
    }
    return text.length;
  }

  /** Where the next such word ends; the end of the text when there is none. */
  private after(word: string, start: number): number {
    const at = this.text.indexOf(word, start);
    return at < 0 ? this.text.length : at + word.length;
  }

  private isNameStart(code: number): boolean {
    if (this.xml) return !Number.isNaN(code) && !endsName(code);
    const lower = code | 0x20;
    return lower >= 0x61 && lower <= 0x7a;
  }
}

function isSpace(code: number): boolean {
  return (
    code === SPACE ||
    code === LINE_FEED ||
    code === TAB ||
    code === CARRIAGE_RETURN ||
    code === FORM_FEED
  );
}

function endsName(code: number): boolean {
  return code === GREATER || code === SLASH || isSpace(code);
}
