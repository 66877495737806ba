import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, expect } from "vitest";

/** A loopback HTTP server for the tests of one file. */
export interface Origin {
  /** As "http://127.0.0.1:1234". */
  url: string;
  server: Server;
  /** How many connections were made. */
  connections: number;
  /** How many responses have not ended, and whose client is still there. */
  open: number;
}

type Route = (request: IncomingMessage, response: ServerResponse) => void;

/** Starts a server with these paths before the tests of a file, and stops it after them. */
export function origin(routes: Record<string, Route>): Origin {
  const server = createServer((request, response) => {
    const route = routes[new URL(request.url ?? "/", "http://x").pathname];
    if (route === undefined) response.writeHead(404).end("not here");
    else route(request, response);
  });
  const result: Origin = { url: "", server, connections: 0, open: 0 };
  server.on("connection", () => (result.connections += 1));
  server.on("request", (_, response) => {
    result.open += 1;
    response.on("close", () => (result.open -= 1));
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    result.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  // The pools of the clients keep connections for the next request, which would look like leaks. To
  // the server a connection is idle only when it has heard that its response is sent; the client
  // may have read that before.
  afterEach(() =>
    expect
      .poll(() => {
        server.closeIdleConnections();
        return new Promise((resolve) => server.getConnections((_, count) => resolve(count)));
      })
      .toBe(0),
  );
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return result;
}
