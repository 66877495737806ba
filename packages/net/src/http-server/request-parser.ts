import { BadRequestError } from "./bad-request-error.js";
import { Llhttp, OK, PAUSED, PAUSED_UPGRADE, type ParserCallbacks } from "./llhttp.js";
import { RequestHead } from "./request-head.js";

/** What a parser accepts. */
export interface ParserLimits {
  /** Of request line and headers together, in bytes. */
  readonly maxHeadSize: number;
  readonly maxHeaders: number;
}

/**
 * What may be sent around a body, in bytes: sizes of chunks, their extensions, trailers. Each byte
 * of the body allows some more, for the smallest chunks.
 */
const OVERHEAD = 16 * 1024;
const OVERHEAD_PER_BYTE = 8;

/** What is behind the target, also when no header follows. */
const VERSION = " HTTP/1.1";

/** What came last. */
type Part = "target" | "name" | "value" | "head";

/**
 * Takes the requests of one connection out of its bytes. It stops at the end of each: what lies
 * behind is for the next `parse`.
 */
export class RequestParser implements ParserCallbacks {
  /** The head of the request that is being received, once it is complete. */
  head: RequestHead | null = null;
  /** Whether a request has begun, and is not complete. */
  begun = false;
  /** Whether all of the request has come. */
  complete = false;
  /** What was wrong. Nothing can be parsed any more. */
  error: BadRequestError | null = null;
  /** Behind the body: name, value, name, value ... */
  trailers: string[] = [];
  /** Parts of the body in the bytes that were parsed last: start, end, start, end ... */
  readonly body: number[] = [];

  private readonly llhttp = Llhttp.get();
  private readonly state = this.llhttp.open();
  private readonly limits: ParserLimits;
  private part: Part = "target";
  /** Where target, names and values lie in the head: start, end, start, end ... */
  private marks: number[] = [];
  private keepAlive = false;
  private upgrade = false;
  /** What came of a head before the last bytes. */
  private earlier: Buffer[] = [];
  private earlierSize = 0;
  private bodySize = 0;
  private overhead = 0;

  constructor(limits: ParserLimits) {
    this.limits = limits;
  }

  /** Gives its memory back. */
  close(): void {
    this.llhttp.close(this.state);
  }

  /**
   * @param bytes at most LONGEST_INPUT.
   * @returns how many were taken. All of them, unless the request is complete, or `error` is set.
   */
  parse(bytes: Buffer): number {
    const { llhttp, state } = this;
    this.body.length = 0;
    if (this.complete) this.goOn();
    const { bodySize } = this;
    let result = llhttp.execute(state, bytes, this);
    if (result === PAUSED_UPGRADE) {
      // The last request asked for another protocol, and was refused: this is HTTP all the same.
      llhttp.resumeAfterUpgrade(state);
      result = llhttp.execute(state, bytes, this);
    }
    const taken = result === OK ? bytes.length : llhttp.taken(state);
    try {
      if (result !== OK && result !== PAUSED) this.refuse();
      if (this.head !== null) this.checkOverhead(taken - (this.bodySize - bodySize));
      else if (this.part === "head") this.takeHead(bytes);
      else if (this.begun) this.keep(bytes);
    } catch (error) {
      this.error = error as BadRequestError;
    }
    return taken;
  }

  onBegin(): void {
    this.begun = true;
    this.part = "target";
    this.marks = [];
    this.bodySize = 0;
    this.overhead = 0;
    if (this.trailers.length > 0) this.trailers = [];
  }

  onTarget(at: number, length: number): void {
    this.mark("target", at, length);
  }

  onHeaderName(at: number, length: number): void {
    if (this.part !== "head") this.mark("name", at, length);
    else if (this.trailers.length % 2 === 0) this.trailers.push(this.llhttp.text(at, length));
    else this.extendTrailer(at, length);
  }

  onHeaderValue(at: number, length: number): void {
    if (this.part !== "head") this.mark("value", at, length);
    else if (this.trailers.length % 2 === 1) this.trailers.push(this.llhttp.text(at, length));
    else this.extendTrailer(at, length);
  }

  onHead(upgrade: boolean, keepAlive: boolean): void {
    this.part = "head";
    this.upgrade = upgrade;
    this.keepAlive = keepAlive;
  }

  onBody(at: number, length: number): void {
    const start = at - this.llhttp.input;
    this.body.push(start, start + length);
    this.bodySize += length;
  }

  onComplete(): void {
    this.begun = false;
    this.complete = true;
  }

  private mark(part: Part, at: number, length: number): void {
    const { marks } = this;
    const start = at - this.llhttp.input + this.earlierSize;
    if (this.part === part && marks.length > 0) {
      marks[marks.length - 1] = start + length; // the end of the bytes had cut it
      return;
    }
    marks.push(start, start + length);
    this.part = part;
  }

  private extendTrailer(at: number, length: number): void {
    const { trailers } = this;
    trailers[trailers.length - 1] += this.llhttp.text(at, length);
  }

  private goOn(): void {
    this.llhttp.resume(this.state);
    this.complete = false;
    this.head = null;
    this.part = "target";
  }

  /** Keeps what has come of a head, so that it can be read when it is complete. */
  private keep(bytes: Buffer): void {
    this.earlier.push(bytes);
    this.earlierSize += bytes.length;
    if (this.earlierSize > this.limits.maxHeadSize) this.refuseLength();
  }

  private takeHead(bytes: Buffer): void {
    const { llhttp, state, marks, limits } = this;
    const end = marks.at(-1) as number;
    if (end > limits.maxHeadSize) this.refuseLength();
    const all = this.earlierSize === 0 ? bytes : Buffer.concat([...this.earlier, bytes]);
    if (this.earlierSize > 0) this.forget();
    const head = new RequestHead(
      llhttp.method(state),
      llhttp.version(state),
      all.toString("latin1", 0, end + VERSION.length),
      marks,
      this.keepAlive,
      this.upgrade,
    );
    if (head.size > limits.maxHeaders) {
      throw new BadRequestError(431, `there are more than ${limits.maxHeaders} headers`);
    }
    head.interpret();
    this.head = head;
  }

  private forget(): void {
    this.earlier = [];
    this.earlierSize = 0;
  }

  private checkOverhead(bytes: number): void {
    this.overhead += bytes;
    if (this.overhead > OVERHEAD + OVERHEAD_PER_BYTE * this.bodySize) {
      throw new BadRequestError(413, "the chunks of the body carry too much besides it");
    }
  }

  private refuse(): never {
    throw new BadRequestError(400, this.llhttp.errorReason(this.state));
  }

  private refuseLength(): never {
    const { limits, marks } = this;
    const { maxHeadSize } = limits;
    if (this.part === "target" || (marks[1] as number) > maxHeadSize) {
      throw new BadRequestError(414, `the target is longer than ${maxHeadSize} bytes`);
    }
    throw new BadRequestError(431, `the head is larger than ${maxHeadSize} bytes`);
  }
}
