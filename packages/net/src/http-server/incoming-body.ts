import { Body, type BodySource } from "../body.js";
import { Deadline } from "../deadline.js";
import { BodyTooLargeError } from "../errors.js";

/** What is read of a body that nobody wants, so that the connection can live on. In bytes. */
const MOST_DISCARDED = 256 * 1024;

/** A body of a request that is coming in: from the reader of the connection to who reads it. */
export class IncomingBody implements BodySource {
  readonly body: Body;
  /** The connection ends what is left of it, when the request is answered. */
  readonly outlivesInterrupts = true;
  /** Nobody wants it: what comes is thrown away. */
  discarding = false;
  private readonly announced: number;
  private readonly limit: number;
  /** Called when the reader of the connection may read on. */
  private readonly onResume: () => void;
  private received = 0;
  private discarded = 0;
  private paused = false;

  /** @param announced the Content-Length, NaN if there is none. */
  constructor(announced: number, limit: number, onResume: () => void) {
    this.announced = announced;
    this.limit = limit;
    this.onResume = onResume;
    this.body = new Body(this, Deadline.of("http.body", undefined), announced);
  }

  /** Whether the client must wait until somebody reads. */
  get full(): boolean {
    return this.paused && !this.discarding;
  }

  /** Whether too much is still to come that nobody wants. */
  get endless(): boolean {
    const left = Number.isNaN(this.announced) ? 0 : this.announced - this.received;
    return this.discarded + left > MOST_DISCARDED;
  }

  /** @param places of the parts of the body in the bytes: start, end, start, end ... */
  take(bytes: Buffer, places: readonly number[]): void {
    for (let i = 0; i < places.length; i += 2) {
      const [start, end] = [places[i] as number, places[i + 1] as number];
      this.received += end - start;
      if (this.discarding) this.discarded += end - start;
      else if (this.received > this.limit) this.body.destroy(new BodyTooLargeError(this.limit));
      else this.body.push(bytes.subarray(start, end));
    }
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.onResume();
  }

  /** The body was destroyed by who reads it. */
  abort(): void {
    this.discarding = true;
    this.onResume();
  }
}
