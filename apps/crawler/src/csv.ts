import type { Writable } from "node:stream";
import { type Format, LineFile, LineStream } from "./lines.js";

/**
 * CSV in a file (RFC 4180), the names of the columns first. Fields of a value that are no column
 * are left out; text that a spreadsheet would take for a formula begins with an apostrophe.
 */
export class CsvFile extends LineFile {
  /** As that of {@link JsonlFile}. */
  constructor(file: string, keep: number, columns: readonly string[]) {
    super(file, keep, csv(columns));
  }
}

/** CSV to a stream: see {@link CsvFile}. */
export class CsvStream extends LineStream {
  constructor(stream: Writable, columns: readonly string[]) {
    super(stream, csv(columns));
  }
}

function csv(columns: readonly string[]): Format {
  const line = (value: unknown): string => {
    const fields = Object(value) as Record<string, unknown>;
    return csvLine(columns.map((name) => fields[name]));
  };
  return { header: csvLine(columns), line };
}

/** What makes a field one that must stand in quotes (RFC 4180 section 2). */
const SPECIAL = /[",\r\n]/;
/** What spreadsheets take for the beginning of a formula (OWASP, "CSV injection"). */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;
/** Begins like a formula, and is none. */
const NUMBER = /^[+-]\d+(?:\.\d+)?$/;

/**
 * Fields as one line of CSV (RFC 4180), its end included. Null and undefined are empty; what is
 * neither text, number nor boolean is JSON. Text that a spreadsheet would run as a formula begins
 * with an apostrophe: it comes from anybody's page.
 */
export function csvLine(fields: readonly unknown[]): string {
  return `${fields.map(csvField).join(",")}\r\n`;
}

function csvField(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  const safe = FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
  return SPECIAL.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
