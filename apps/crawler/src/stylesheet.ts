/** Where a style sheet refers to something. */
export interface StyleReference {
  readonly kind: "stylesheet" | "image";
  /** As it stands there. */
  readonly reference: string;
  /** Where in the text. */
  readonly at: number;
}

/**
 * `@import "a"`, `url(a)`, `url("a")`; and `@namespace url(a)`, which names nothing that is to be
 * fetched. All runs are bounded: the time it takes grows with the length of the text.
 */
const DOUBLE = String.raw`"((?:\\.|[^"\\]){0,2000})"`;
const SINGLE = String.raw`'((?:\\.|[^'\\]){0,2000})'`;
const PLAIN = String.raw`((?:\\[0-9a-f]{1,6}\s?|\\.|[^)"'\s\\]){0,2000})`;
const REFERENCE = new RegExp(
  String.raw`(@import\s{1,99}|@namespace[^;]{0,99}?)?url\(\s{0,99}(?:${DOUBLE}|${SINGLE}|${PLAIN})|` +
    String.raw`@import\s{1,99}(?:${DOUBLE}|${SINGLE})`,
  "gis",
);

/** What a style sheet refers to: other style sheets, images and fonts. */
export function* styleReferences(css: string): Generator<StyleReference> {
  const text = withoutComments(css);
  for (const match of text.matchAll(REFERENCE)) {
    const [, before = "", ...found] = match;
    if (/^@namespace/i.test(before)) continue;
    const [inUrl, imported] = [found.slice(0, 3), found.slice(3)].map((it) => it.find(isText));
    const reference = unescape(inUrl ?? imported ?? "");
    if (reference === "" || /^(?:#|data:)/i.test(reference)) continue;
    const isImport = inUrl === undefined || before !== "";
    yield { kind: isImport ? "stylesheet" : "image", reference, at: match.index };
  }
}

function isText(text: string | undefined): text is string {
  return text !== undefined;
}

/** Blanks in their place, so that everything else stays where it is. */
function withoutComments(css: string): string {
  const parts: string[] = [];
  let at = 0;
  for (let start; (start = css.indexOf("/*", at)) >= 0;) {
    const end = css.indexOf("*/", start + 2);
    parts.push(css.slice(at, start), " ".repeat((end < 0 ? css.length : end + 2) - start));
    at = end < 0 ? css.length : end + 2;
  }
  parts.push(css.slice(at));
  return parts.join("");
}

/** Undoes the escapes of CSS: `\26 ` is `&`, `\(` is `(`. */
function unescape(text: string): string {
  return text.replace(/\\(?:([0-9a-f]{1,6})\s?|(.))/gi, (_, hex?: string, plain = "") => {
    const code = Number.parseInt(hex ?? "", 16);
    return hex === undefined
      ? plain
      : code > 0 && code <= 0x10ffff
        ? String.fromCodePoint(code)
        : "";
  });
}
