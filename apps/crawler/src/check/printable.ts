/**
 * What may not come from a site to a terminal, or into a file: control characters, among them the
 * escape that colours begin with, lone halves of characters, and those that turn the direction of
 * all that follows.
 */
const UNPRINTABLE =
  // eslint-disable-next-line no-control-regex -- that is what is looked for
  /[\u0000-\u001F\u007F-\u009F\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF\uFFFE\uFFFF]|\p{Surrogate}/gu;

/** A text from a site in one line that shows all it has: `\u{1b}` instead of an escape. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (found) => `\\u{${found.codePointAt(0)!.toString(16)}}`);
}
