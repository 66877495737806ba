/**
 * The reference in `<meta http-equiv=refresh content="5; url=/next">`, or in a Refresh header (HTML
 * standard, "shared declarative refresh steps").
 *
 * @returns null when the value makes no sense, or asks only for the page itself
 */
export function parseRefresh(content: string): string | null {
  const at = { i: 0 };
  skip(content, at, isSpace);
  const start = at.i;
  skip(content, at, isDigit);
  if (at.i === start && content[at.i] !== ".") return null;
  skip(content, at, (character) => isDigit(character) || character === ".");
  const separator = content[at.i];
  if (separator !== ";" && separator !== "," && !isSpace(separator)) return null;
  skip(content, at, isSpace);
  if (content[at.i] === ";" || content[at.i] === ",") at.i++;
  skip(content, at, isSpace);
  return unquote(afterName(content, at.i)) || null;
}

/** What follows `url =`; everything when that is not there. */
function afterName(content: string, start: number): string {
  if (content.slice(start, start + 3).toLowerCase() !== "url") return content.slice(start);
  const at = { i: start + 3 };
  skip(content, at, isSpace);
  if (content[at.i] !== "=") return content.slice(start);
  at.i++;
  skip(content, at, isSpace);
  return content.slice(at.i);
}

function unquote(text: string): string {
  const quote = text[0];
  if (quote !== '"' && quote !== "'") return text;
  const end = text.indexOf(quote, 1);
  return text.slice(1, end < 0 ? undefined : end);
}

function skip(text: string, at: { i: number }, wanted: (character: string) => boolean): void {
  while (at.i < text.length && wanted(text[at.i]!)) at.i++;
}

function isSpace(character: string | undefined): boolean {
  return character !== undefined && " \t\n\f\r".includes(character);
}

function isDigit(character: string): boolean {
  return character >= "0" && character <= "9";
}
