import type { Blob } from "node:buffer";
import { wait } from "@greenlit/core";
import { blocker } from "@greenlit/core/blocking-call";
import type { FormData, Headers, Response, ResponseType } from "undici";

/**
 * A Response of the Fetch standard whose methods return values, not promises. A greenlet that is
 * killed while it waits for the body aborts the exchange.
 */
export class BlockingResponse {
  private readonly response: Response;
  private readonly controller: AbortController;

  constructor(response: Response, controller: AbortController) {
    this.response = response;
    this.controller = controller;
  }

  get status(): number {
    return this.response.status;
  }

  get statusText(): string {
    return this.response.statusText;
  }

  /** Whether the status is 200 to 299. */
  get ok(): boolean {
    return this.response.ok;
  }

  get headers(): Headers {
    return this.response.headers;
  }

  /** The URL of the response, after redirects, without fragment. */
  get url(): string {
    return this.response.url;
  }

  get redirected(): boolean {
    return this.response.redirected;
  }

  get type(): ResponseType {
    return this.response.type;
  }

  get bodyUsed(): boolean {
    return this.response.bodyUsed;
  }

  /**
   * The body piece by piece, decoded; null when there is none. Leaving a loop over it early cancels
   * it.
   */
  get body(): Iterable<Uint8Array> | null {
    const stream = this.response.body;
    return stream === null ? null : { [Symbol.iterator]: () => this.chunks(stream) };
  }

  text(): string {
    return this.wait("Response.text", () => this.response.text());
  }

  /** The body parsed as JSON. The type is the caller's claim, nothing checks it. */
  json<T = unknown>(): T {
    return this.wait("Response.json", () => this.response.json()) as T;
  }

  arrayBuffer(): ArrayBuffer {
    return this.wait("Response.arrayBuffer", () => this.response.arrayBuffer());
  }

  bytes(): Uint8Array {
    // Response.bytes() is younger than Node 20's own Response.
    return new Uint8Array(this.arrayBuffer());
  }

  blob(): Blob {
    return this.wait("Response.blob", () => this.response.blob());
  }

  formData(): FormData {
    return this.wait("Response.formData", () => this.response.formData());
  }

  /**
   * A second reader of the same body: both must be read, or the first is held back by the other.
   */
  clone(): BlockingResponse {
    return new BlockingResponse(this.response.clone(), this.controller);
  }

  /** Gives up the rest of the body, and the connection with it. */
  destroy(): void {
    this.controller.abort();
  }

  [Symbol.dispose](): void {
    this.destroy();
  }

  private *chunks(stream: NonNullable<Response["body"]>): Generator<Uint8Array, void, undefined> {
    const reader = stream.getReader();
    let complete = false;
    try {
      for (;;) {
        const { done, value } = this.wait("Response.body", () => reader.read());
        complete = done;
        if (done) return;
        yield value as Uint8Array;
      }
    } finally {
      if (!complete) reader.cancel().catch(() => {}); // the exchange is over either way
    }
  }

  private wait<T>(what: string, read: () => Promise<T>): T {
    blocker(what); // where it cannot block, nothing is read
    try {
      return wait(read()) as T;
    } catch (error) {
      this.controller.abort(error);
      throw error;
    }
  }
}
