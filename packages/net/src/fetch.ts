import { wait } from "@greenlit/core";
import { blocker, checkSignal } from "@greenlit/core/blocking-call";
import { fetch as undiciFetch, type RequestInfo, type RequestInit, type Response } from "undici";
import { BlockingResponse } from "./blocking-response.js";

/** A function as `fetch` is: undici's, or the one of Node. */
type Fetch<Input, Init> = (input: Input, init?: Init) => Promise<unknown>;

/**
 * The Fetch standard's `fetch`, as undici implements it, that returns the response when its headers
 * are there: redirects, content encodings, integrity and all.
 *
 * Killing the greenlet aborts the request, as does `init.signal`.
 *
 * @throws TypeError "fetch failed" with a `cause`, as the standard says, when there is no response.
 */
export function fetch(input: RequestInfo, init?: RequestInit): BlockingResponse {
  return blockingFetch(undiciFetch, input, init);
}

/**
 * `implementation` in blocking style: for a `fetch` whose Request, Headers and FormData classes are
 * not undici's.
 */
export function blockingFetch<Input, Init extends { signal?: AbortSignal | null | undefined }>(
  implementation: Fetch<Input, Init>,
  input: Input,
  init?: Init,
): BlockingResponse {
  checkSignal(init?.signal);
  blocker("fetch"); // where it cannot block, nothing is sent
  const controller = new AbortController();
  // A signal in `init` replaces the one of a Request, so ours must bring that along.
  const theirs = init?.signal ?? (input as { signal?: AbortSignal }).signal;
  const signal =
    theirs instanceof AbortSignal
      ? AbortSignal.any([theirs, controller.signal])
      : controller.signal;
  try {
    const response = wait(implementation(input, { ...init, signal } as Init));
    return new BlockingResponse(response as Response, controller);
  } catch (error) {
    controller.abort(error);
    throw error;
  }
}
