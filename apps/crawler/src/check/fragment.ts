/**
 * The part of a fragment that names an element. `:~:` begins directions for the browser, such as a
 * text to highlight (URL Fragment Text Directives, "fragment directive").
 *
 * @param hash empty, or from `#` on
 * @returns null when it names none: it is empty, or, as `#/inbox` and `#!inbox`, the address of
 * something that a script shows
 */
export function elementNamed(hash: string): string | null {
  const directive = hash.indexOf(":~:");
  const name = hash.slice(1, directive < 0 ? undefined : directive);
  return name === "" || name.startsWith("/") || name.startsWith("!") ? null : name;
}

/**
 * Whether a fragment points at something on a page (HTML standard, "find a potential indicated
 * element" and "select the indicated part"): as it is, or else decoded; `top` is the page's top.
 *
 * @param anchors ids of elements, and names of `<a>`
 */
export function isIndicated(name: string, anchors: ReadonlySet<string>): boolean {
  if (anchors.has(name)) return true;
  const decoded = decode(name);
  return anchors.has(decoded) || decoded.toLowerCase() === "top";
}

/** Percent-decodes; bytes that are no UTF-8 become replacement characters, a `%` alone stays. */
function decode(text: string): string {
  if (!text.includes("%")) return text;
  const bytes = Buffer.from(text, "utf8");
  const decoded: number[] = [];
  for (let i = 0; i < bytes.length; i++) {
    const hex = bytes[i] === 0x25 ? bytes.toString("latin1", i + 1, i + 3) : "";
    if (/^[0-9A-Fa-f]{2}$/.test(hex)) {
      decoded.push(Number.parseInt(hex, 16));
      i += 2;
    } else decoded.push(bytes[i]!);
  }
  return Buffer.from(decoded).toString("utf8");
}
