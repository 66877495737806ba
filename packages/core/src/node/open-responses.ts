// A greenlet that fails may leave a client of a web server without an answer. To name that request,
// this follows Node's diagnostics channel that tells of each request that begins.

import { type AsyncResource, executionAsyncId, executionAsyncResource } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage, ServerResponse } from "node:http";

/** What is known here of a greenlet. */
interface Spawned {
  readonly resource: AsyncResource;
  readonly spawnedBy: Spawned | null;
}

interface Told {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/**
 * By the asynchronous scope in which the request's handler is called. Weak references would cost
 * the garbage collector more than all else here costs.
 */
const open = new Map<number, ServerResponse>();

/** When there are more than this, those that are over are dropped. */
const FEWEST = 64;
let most = FEWEST;

/**
 * Starts to follow responses: those that begin from now on, and the one whose handler runs just
 * now.
 */
export function watchResponses(): void {
  const here = responseHere();
  if (here !== undefined) add(here);
  subscribe("http.server.request.start", (told) => add((told as Told).response));
}

function add(response: ServerResponse): void {
  open.set(executionAsyncId(), response);
  if (open.size <= most) return;
  for (const [id, response] of open) if (isOver(response)) open.delete(id);
  most = Math.max(FEWEST, 2 * open.size);
}

function isOver(response: ServerResponse): boolean {
  return response.writableEnded || response.destroyed;
}

/**
 * The response of the handler that runs here, if it has not waited for anything yet: then the
 * resource of its scope has the socket.
 */
export function responseHere(): ServerResponse | undefined {
  const { socket } = executionAsyncResource() as {
    readonly socket?: { readonly _httpMessage?: ServerResponse | null };
  };
  return socket?._httpMessage ?? undefined;
}

/**
 * The request, as "GET /path", in whose handler the greenlet or one of its ancestors was spawned.
 * "" when there is none, or when its response is not open any more.
 */
export function openResponse(greenlet: Spawned): string {
  for (let one: Spawned | null = greenlet; one !== null; one = one.spawnedBy) {
    const response = open.get(one.resource.triggerAsyncId());
    if (response === undefined) continue;
    if (isOver(response)) return "";
    return `${response.req.method} ${response.req.url}`;
  }
  return "";
}
