/** Where a style sheet refers to something. */
export interface StyleReference {
  /** As it stands there, escapes resolved. */
  readonly reference: string;
  /** Where in the text. */
  readonly at: number;
  /** Another style sheet; else an image, a font and the like. */
  readonly isImport: boolean;
}

/** Characters looked at between two calls of `pause`. */
const SLICE = 16 * 1024;
const SPACE = /\s/;
const NAME = /[\w\-\\\u0080-\uFFFF]/;

/**
 * Finds the `url(...)` and `@import "..."` of a style sheet (CSS Syntax, level 3), in one pass. It
 * knows comments, strings and escapes, and no grammar beyond: that is the same for every property.
 *
 * @param pause called between pieces of a long text, so that other greenlets get a turn
 */
export function* styleReferences(css: string, pause?: () => void): Generator<StyleReference> {
  const lower = css.toLowerCase();
  /** The rule that is being read, where it makes a difference: up to its `;` or block. */
  let rule: "" | "@import" | "@namespace" = "";
  let pauseAt = SLICE;
  for (let i = 0; i < css.length;) {
    if (i >= pauseAt) {
      pause?.();
      pauseAt = i + SLICE;
    }
    const character = css[i]!;
    if (character === "/" && css[i + 1] === "*") {
      const end = css.indexOf("*/", i + 2);
      i = end < 0 ? css.length : end + 2;
    } else if (character === '"' || character === "'") {
      const { text, end } = readString(css, i);
      if (rule === "@import") yield { reference: text, at: i, isImport: true };
      if (rule === "@import") rule = "";
      i = end;
    } else if (character === "u" || character === "U") {
      if (!lower.startsWith("url(", i) || NAME.test(css[i - 1] ?? " ")) {
        i++;
        continue;
      }
      const { text, end } = readUrl(css, i + 4);
      if (text !== null && rule !== "@namespace")
        yield { reference: text, at: i, isImport: rule === "@import" };
      if (rule === "@import") rule = "";
      i = end;
    } else if (character === "@") {
      rule = (["@import", "@namespace"] as const).find((it) => lower.startsWith(it, i)) ?? "";
      i++;
    } else if (character === ";" || character === "{") {
      rule = "";
      i++;
    } else i += character === "\\" ? 2 : 1;
  }
}

/** From the quote on. A string ends with its line, too. */
function readString(css: string, start: number): { text: string; end: number } {
  const quote = css[start];
  let text = "";
  let i = start + 1;
  while (i < css.length && css[i] !== quote && css[i] !== "\n") {
    const { character, end } = readCharacter(css, i);
    text += character;
    i = end;
  }
  return { text, end: i + 1 };
}

/** From behind the bracket on. @returns null when it is none */
function readUrl(css: string, start: number): { text: string | null; end: number } {
  let i = start;
  while (i < css.length && SPACE.test(css[i]!)) i++;
  if (css[i] === '"' || css[i] === "'") return readString(css, i);
  let text = "";
  while (i < css.length && css[i] !== ")" && !SPACE.test(css[i]!)) {
    // What may not stand there makes it no address, up to the bracket.
    if (css[i] === '"' || css[i] === "'" || css[i] === "(") return { text: null, end: i + 1 };
    const { character, end } = readCharacter(css, i);
    text += character;
    i = end;
  }
  return { text, end: i + 1 };
}

/** One character, which may be escaped: `\(`, `\28 `, or a line that goes on. */
function readCharacter(css: string, at: number): { character: string; end: number } {
  if (css[at] !== "\\") return { character: css[at]!, end: at + 1 };
  const [hex = ""] = /^[0-9A-Fa-f]{1,6}/.exec(css.slice(at + 1, at + 7)) ?? [];
  if (hex === "") {
    const next = css[at + 1] ?? "";
    return { character: next === "\n" ? "" : next, end: at + 2 };
  }
  const code = Number.parseInt(hex, 16);
  const isOne = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  const end = at + 1 + hex.length;
  return {
    character: isOne ? String.fromCodePoint(code) : "\uFFFD",
    end: SPACE.test(css[end] ?? "x") ? end + 1 : end,
  };
}
