import { ratio, show } from "./figure.js";
import type { Answer, Table } from "./answer.js";

/** Lines of a Markdown table, numbers to the right. */
export function gridLines(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): string[] {
  const widths = headings.map((heading, i) =>
    Math.max(3, heading.length, ...rows.map((row) => (row[i] ?? "").length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(" | ")} |`;
  const rule = widths.map((width, i) =>
    i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
  return [line(headings), line(rule), ...rows.map(line)];
}

/**
 * Lines of one table of an answer: a column for each who, with the ratio to the first column, and
 * the reasons why there are no figures where there are none.
 */
export function tableLines(answer: Answer, { rows, unit, differences = false }: Table): string[] {
  const { figures, missing } = answer;
  const has = (who: string, of: Record<string, Record<string, unknown>>): boolean =>
    rows.some(({ key }) => of[who]?.[key] !== undefined);
  const all = Object.keys(figures);
  const whos = all.filter((who) => has(who, figures));
  const reasons = new Map<string, string[]>();
  const note = (who: string, key: string): string => {
    const why = missing[who]?.[key];
    if (why === undefined) return "";
    const whose = reasons.get(why) ?? [];
    if (!whose.includes(who)) whose.push(who);
    reasons.set(why, whose);
    return `(${[...reasons.keys()].indexOf(why) + 1})`;
  };
  const cell = (who: string, key: string): string => {
    const found = figures[who]?.[key];
    if (found === undefined) return note(who, key);
    const base = figures[whos[0] as string]?.[key]?.median;
    const alone = differences || who === whos[0] || base === undefined || base === 0;
    return alone ? show(found) : `${show(found)}, ${ratio(found.median / base)}`;
  };
  const cells = rows.map(({ key, label }) => [label, ...whos.map((who) => cell(who, key))]);
  // Who has no figure at all has no column, but a reason.
  const absent = all.filter((who) => !whos.includes(who) && has(who, missing));
  for (const who of absent) for (const { key } of rows) note(who, key);
  const explained = [...reasons].flatMap(([why, whose], i) => [
    "",
    `(${i + 1}) No figure for ${whose.join("; ")}: ${why}`,
  ]);
  return [...gridLines([unit, ...whos], cells), ...explained];
}
