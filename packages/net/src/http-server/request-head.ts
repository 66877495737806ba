import { BadRequestError } from "./bad-request-error.js";

/** What is in a Host header: RFC 9110, 7.2, and 3.2.2 of RFC 3986. */
const HOST = /^[\w.~!$&'()*+,;=%:[\]-]*$/;
const DIGITS = /^\d+$/;

/**
 * Request line and headers, as they came. Names and values stay one text until somebody asks for
 * one.
 */
export class RequestHead {
  readonly method: string;
  /** What the request line asks for, as "/path?query". */
  readonly target: string;
  /** 10 or 11, for HTTP/1.0 and 1.1. */
  readonly version: number;
  /** Whether the client lets the connection live on. */
  readonly keepAlive: boolean;
  /** Whether it wants another protocol: it sent Upgrade, or the method is CONNECT. */
  readonly upgrade: boolean;
  /** The Content-Length, NaN if there is none. */
  contentLength: number = Number.NaN;
  /** Whether the client waits for "100 Continue" before it sends the body. */
  expectsContinue = false;
  host: string | null = null;
  private readonly text: string;
  private readonly marks: readonly number[];

  /**
   * @param text all of it; Latin 1, as everything in HTTP.
   * @param marks where target, name, value, name, value ... begin and end in the text.
   */
  constructor(
    method: string,
    version: number,
    text: string,
    marks: readonly number[],
    keepAlive: boolean,
    upgrade: boolean,
  ) {
    this.method = method;
    this.version = version;
    this.text = text;
    this.marks = marks;
    this.keepAlive = keepAlive;
    this.upgrade = upgrade;
    this.target = text.slice(marks[0], marks[1]);
  }

  /** How many headers there are. */
  get size(): number {
    return (this.marks.length - 2) / 4;
  }

  /** The name of a header in lower case. */
  nameOf(index: number): string {
    const { text, marks } = this;
    const at = 2 + 4 * index;
    return text.slice(marks[at], marks[at + 1]).toLowerCase();
  }

  valueOf(index: number): string {
    const { text, marks } = this;
    const at = 4 + 4 * index;
    const start = marks[at] as number;
    let end = marks[at + 1] as number;
    // The parser leaves white space at its end.
    while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
    return text.slice(start, end);
  }

  /**
   * Finds the headers that say how the request is to be read.
   *
   * @throws BadRequestError for what the parser lets pass, and a server must refuse: RFC 9112.
   */
  interpret(): void {
    // The parser lets several spaces pass, and the form of HTTP/0.9, which has no version.
    if (!this.text.startsWith(" HTTP/", this.marks[1])) {
      throw new BadRequestError(400, "the request line is none");
    }
    if (this.version !== 11 && this.version !== 10) {
      throw new BadRequestError(505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
    }
    const { marks } = this;
    for (let at = 2, i = 0; at < marks.length; at += 4, i++) {
      // Most headers are told from these by the length of the name.
      switch ((marks[at + 1] as number) - (marks[at] as number)) {
        case 4:
          if (this.nameOf(i) === "host") this.takeHost(this.valueOf(i));
          break;
        case 6:
          if (this.nameOf(i) === "expect") this.takeExpect(this.valueOf(i));
          break;
        case 14:
          if (this.nameOf(i) === "content-length") this.takeLength(this.valueOf(i));
          break;
        case 17:
          if (this.nameOf(i) === "transfer-encoding") this.takeCoding(this.valueOf(i));
          break;
        default:
      }
    }
    if (this.host === null && this.version === 11) {
      throw new BadRequestError(400, "a request of HTTP/1.1 must have a Host");
    }
  }

  private takeHost(value: string): void {
    if (this.host !== null) throw new BadRequestError(400, "there are two Hosts");
    if (!HOST.test(value)) throw new BadRequestError(400, "the Host is none");
    this.host = value;
  }

  private takeExpect(value: string): void {
    if (value.toLowerCase() !== "100-continue") {
      throw new BadRequestError(417, "only 100-continue can be expected");
    }
    this.expectsContinue = this.version === 11; // RFC 9110, 10.1.1
  }

  private takeLength(value: string): void {
    const length = Number(value);
    if (!DIGITS.test(value) || !Number.isSafeInteger(length)) {
      throw new BadRequestError(400, "the Content-Length is none");
    }
    this.contentLength = length;
  }

  private takeCoding(value: string): void {
    if (this.version === 10) {
      throw new BadRequestError(400, "HTTP/1.0 has no Transfer-Encoding");
    }
    if (value.toLowerCase() !== "chunked") {
      throw new BadRequestError(501, "the only Transfer-Encoding that is known is chunked");
    }
  }
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
