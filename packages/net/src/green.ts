import type { ServerResponse } from "node:http";
import { getHub, type Greenlet, GreenletExit } from "@greenlit/core";
import { checkFunction, spawnWithoutSite } from "@greenlit/core/blocking-call";

/**
 * A handler of a web server whose body may block: each call runs in a greenlet of its own, in which
 * `handler` gets the same arguments. Its error goes where the framework looks for it, so that the
 * client is answered:
 *
 * | called with                                    | an error goes to           | returns                  |
 * | ---------------------------------------------- | -------------------------- | ------------------------ |
 * | `(req, res, next)`, `(error, req, res, next)`  | `next(error)`              | nothing                  |
 * | `(req, res)`, by `node:http` itself            | `hub.onError`; status 500  | nothing                  |
 * | anything else: `(ctx, next)`, `(request, reply)` | the promise                | a promise of the result  |
 *
 * A greenlet that is killed counts as one that failed.
 * @throws TypeError when `handler` is no function.
 */
export function green<A extends unknown[], R>(
  handler: (...args: A) => R,
): (...args: A) => void | Promise<Awaited<R>> {
  checkFunction("handler", handler, "green((req, res) => ...)");
  const green = (...args: A): void | Promise<Awaited<R>> => {
    const next = args.slice(2).find((arg) => typeof arg === "function") as Next | undefined;
    const response = args.find(isResponse);
    if (response === undefined && (next === undefined || handler.length <= 2)) {
      return endOf(spawnWithoutSite(() => {}, handler, ...args)) as Promise<Awaited<R>>;
    }
    const greenlet: Greenlet = spawnWithoutSite(
      () => {
        // What follows may be anything, so it is left to the hub.
        if (hasFailed(greenlet)) greenlet.link(tell);
      },
      handler,
      ...args,
    );
    const tell = (): void => {
      if (next === undefined) answer(response as ServerResponse, greenlet);
      else next(errorOf(greenlet));
    };
    return undefined;
  };
  // Frameworks tell handlers of errors from others by the number of their parameters.
  Object.defineProperty(green, "length", { value: handler.length });
  Object.defineProperty(green, "name", { value: handler.name });
  return green;
}

type Next = (error: unknown) => void;

/**
 * Node's response, or one derived from it, of HTTP 1 or 2. Fastify's reply, and Koa's context, are
 * none.
 */
function isResponse(value: unknown): value is ServerResponse {
  return typeof (value as Partial<ServerResponse> | null | undefined)?.writeHead === "function";
}

function hasFailed(greenlet: Greenlet): boolean {
  return !greenlet.successful || greenlet.value instanceof GreenletExit;
}

function errorOf(greenlet: Greenlet): unknown {
  const error = greenlet.successful ? greenlet.value : greenlet.exception;
  // Some framework takes these for no error, or for an order to skip handlers.
  if (error && error !== "route" && error !== "router") return error;
  return new Error(`the handler threw ${String(error)}`, { cause: error });
}

/** Not the greenlet itself: one that was killed has not done its work. */
async function endOf(greenlet: Greenlet): Promise<unknown> {
  const end = new Promise<void>((resolve) => greenlet.link(() => resolve()));
  await end;
  if (hasFailed(greenlet)) throw errorOf(greenlet);
  return greenlet.value;
}

/**
 * There is no framework: the error is told, and the client gets the end of its response, or, if
 * that has begun, of the connection.
 */
function answer(response: ServerResponse, greenlet: Greenlet): void {
  if (!response.headersSent && !response.destroyed) {
    // They are of another body.
    for (const name of response.getHeaderNames()) response.removeHeader(name);
    response.writeHead(500, { "content-type": "text/plain" }).end("Internal Server Error\n");
  } else if (!response.writableEnded) {
    response.destroy();
  }
  if (!greenlet.successful) getHub().onError(greenlet, greenlet.exception);
}
