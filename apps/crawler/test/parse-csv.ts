/**
 * The records of a CSV text, by the grammar of RFC 4180 and nothing else.
 *
 * @throws Error where the text is not of that grammar
 */
export function parseCsv(text: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  const field = /"((?:[^"]|"")*)"|([^",\r\n]*)/y;
  for (let at = 0; at < text.length;) {
    field.lastIndex = at;
    const match = field.exec(text)!;
    record.push(match[1]?.replaceAll('""', '"') ?? match[2]!);
    at = field.lastIndex;
    if (text[at] === ",") at++;
    else if (text.startsWith("\r\n", at)) {
      records.push(record);
      record = [];
      at += 2;
      continue;
    } else
      throw new Error(`neither a comma nor an end of line at ${at}: ${text.slice(at, at + 20)}`);
    if (at === text.length) record.push("");
  }
  if (record.length > 0) throw new Error("the last line has no end");
  return records;
}
