import { wrongType } from "@greenlit/core/blocking-call";

/** Headers of a response: an object, pairs, or Fetch's `Headers`. An array is sent as several. */
export type ResponseHeaders =
  | Readonly<Record<string, string | number | readonly string[] | undefined>>
  | Iterable<readonly [name: string, value: string]>;

/** What can be sent as a body. The request's greenlet iterates an iterable, so it may block. */
export type ResponseBody =
  | string
  | Uint8Array
  | Iterable<string | Uint8Array>
  | ReadableStream<Uint8Array>;

/**
 * What a handler of `serve` returns. The global `Response` is one, and so is what `request` and
 * `fetch` of this package return.
 */
export interface ServerResponse {
  /** Default: 200. */
  readonly status?: number | undefined;
  /** Default: the usual words for the status. */
  readonly statusText?: string | undefined;
  readonly headers?: ResponseHeaders | undefined;
  /**
   * A string is sent as UTF-8. Of an iterable, the head is sent together with the first piece,
   * which may be empty.
   */
  readonly body?: ResponseBody | null | undefined;
  /** Sent behind a body in chunks: called when that has been sent. */
  readonly trailers?: (() => ResponseHeaders) | undefined;
}

/** @throws TypeError unless it is something that a handler may return. */
export function checkResponse(response: unknown): asserts response is ServerResponse {
  if (typeof response === "object" && response !== null && !ArrayBuffer.isView(response)) return;
  const hint = ': write return { body: "..." }, or new Response("...")';
  throw wrongType("what the handler returns", "a response", response, hint);
}
