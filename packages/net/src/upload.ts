import { Readable } from "node:stream";

/** What can be sent: all at once, or piece by piece from an iterable that may block. */
export type RequestBody = string | Uint8Array | Iterable<string | Uint8Array>;

/**
 * A request body from an iterable. The greenlet that made the request iterates it, so it may block;
 * undici takes it as a stream.
 */
export class Upload {
  readonly stream: Readable;
  /** Called when undici wants more, or nothing more. */
  onChange: (() => void) | null = null;
  private readonly iterator: Iterator<string | Uint8Array>;
  private wants = false;
  private done = false;

  /** @returns null for a body that undici takes as it is. */
  static of(body: RequestBody | null | undefined): Upload | null {
    const whole = typeof body === "string" || body instanceof Uint8Array;
    return body === null || body === undefined || whole ? null : new Upload(body);
  }

  private constructor(body: Iterable<string | Uint8Array>) {
    this.iterator = body[Symbol.iterator]();
    this.stream = new Readable({
      read: () => {
        this.wants = true;
        this.onChange?.();
      },
    });
    this.stream.on("error", () => {}); // undici reports it through the request
    this.stream.on("close", () => this.onChange?.());
  }

  /** Whether undici waits for a piece. */
  get wanting(): boolean {
    return this.wants && !this.finished;
  }

  /** Whether all was given, or undici wants no more because the peer has answered or gone. */
  get finished(): boolean {
    return this.done || this.stream.destroyed;
  }

  /** Takes one piece from the iterable, which may block, and gives it to undici. */
  give(): void {
    const step = this.iterator.next();
    if (step.done === true) {
      this.done = true;
      this.stream.push(null);
      return;
    }
    const piece = typeof step.value === "string" ? Buffer.from(step.value) : step.value;
    if (piece.length > 0) this.wants = this.stream.push(piece);
  }

  /** Nothing more will be given: lets the iterable clean up. */
  stop(): void {
    this.onChange = null;
    if (this.done) return;
    this.done = true;
    this.stream.destroy();
    this.iterator.return?.();
  }
}
