import { STATUS_CODES } from "node:http";
import { outOfRange, wrongType } from "@greenlit/core/blocking-call";
import type { ResponseHeaders, ServerResponse } from "./server-response.js";

/** How a header is treated. */
type Treatment = "sent" | "ours" | "length" | "connection" | "date";

/** Headers that the server decides on itself: how a message is framed, and how long it waits. */
const TREATMENTS = new Map<string, Treatment>([
  ["transfer-encoding", "ours"],
  ["keep-alive", "ours"],
  ["content-length", "length"],
  ["connection", "connection"],
  ["date", "date"],
]);

/** The treatment of names as programs write them. */
const written = new Map<string, Treatment>();
/** So that a program that makes names up does not fill the memory. */
const MOST_NAMES = 1000;

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/; // token, RFC 9110, 5.6.2
const NOT_IN_VALUE = /[^\t\x20-\x7e\x80-\xff]/; // field-value, RFC 9110, 5.5

const statusLines: string[] = [];

let second = 0;
let dateLine = "";

/** "date: ...\r\n" of this second. */
function date(): string {
  const now = Math.floor(Date.now() / 1000);
  if (now !== second) {
    second = now;
    dateLine = `date: ${new Date(now * 1000).toUTCString()}\r\n`;
  }
  return dateLine;
}

/** The first line and the headers of a response, without those that say how it is framed. */
export class ResponseHead {
  readonly status: number;
  /** The length that the handler gave, NaN if none. */
  length: number = Number.NaN;
  /** Whether the handler asked for the end of the connection. */
  close = false;
  /** All lines, each with its end. */
  lines: string;
  private dated = false;

  /** @throws TypeError, RangeError for what cannot be sent. */
  constructor(response: ServerResponse) {
    const { status = 200, statusText, headers } = response;
    if (status < 200) throw wrongStatus(status);
    this.status = status;
    this.lines = statusLine(status, statusText);
    if (headers !== undefined) forEachHeader(headers, (name, value) => this.add(name, value));
    if (!this.dated) this.lines += date();
  }

  private add(name: string, value: string): void {
    const treatment = treatmentOf(name);
    checkValue(name, value);
    if (treatment === "length") this.length = lengthOf(value);
    else if (treatment === "connection") this.close ||= /(^|,)\s*close\s*(,|$)/i.test(value);
    else if (treatment !== "ours") {
      this.dated ||= treatment === "date";
      this.lines += `${name}: ${value}\r\n`;
    }
  }
}

/** Headers as lines, for trailers and other heads that have no body. */
export function headerLines(headers: ResponseHeaders | undefined): string {
  let lines = "";
  if (headers === undefined) return lines;
  forEachHeader(headers, (name, value) => {
    const treatment = treatmentOf(name);
    if (treatment === "ours" || treatment === "length") return;
    checkValue(name, value);
    lines += `${name}: ${value}\r\n`;
  });
  return lines;
}

/** @throws RangeError for a status that there is not. */
export function statusLine(status: number, text?: string): string {
  if (text !== undefined && text !== "") {
    checkValue("statusText", text);
    return `HTTP/1.1 ${checkStatus(status)} ${text}\r\n`;
  }
  return (statusLines[status] ??=
    `HTTP/1.1 ${checkStatus(status)} ${STATUS_CODES[status] ?? "Unknown"}\r\n`);
}

function checkStatus(status: number): number {
  if (Number.isInteger(status) && status >= 100 && status <= 999) return status;
  throw wrongStatus(status);
}

function wrongStatus(status: number): RangeError {
  return outOfRange("status", "a whole number from 200 to 999", status);
}

function forEachHeader(headers: ResponseHeaders, fn: (name: string, value: string) => void): void {
  if (Symbol.iterator in headers) {
    for (const [name, value] of headers as Iterable<readonly [string, string]>) fn(name, value);
    return;
  }
  for (const name in headers) {
    const value = headers[name];
    if (typeof value === "string") fn(name, value);
    else if (Array.isArray(value)) for (const one of value as string[]) fn(name, one);
    else if (value !== undefined) fn(name, String(value));
  }
}

function treatmentOf(name: string): Treatment {
  const known = written.get(name);
  if (known !== undefined) return known;
  if (!NAME.test(name)) throw wrongType("the name of a header", "a token of HTTP", name);
  const treatment = TREATMENTS.get(name.toLowerCase()) ?? "sent";
  if (written.size < MOST_NAMES) written.set(name, treatment);
  return treatment;
}

/** @throws TypeError for what would begin another header, or another response. */
function checkValue(name: string, value: string): void {
  if (typeof value === "string" && !NOT_IN_VALUE.test(value)) return;
  throw wrongType(name, "text of one line, in Latin 1", value);
}

function lengthOf(value: string): number {
  const length = Number(value);
  if (/^\d+$/.test(value) && Number.isSafeInteger(length)) return length;
  throw outOfRange("content-length", "a number of bytes", value);
}
