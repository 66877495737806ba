import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** An HTTP server for one test. */
export interface TestServer {
  readonly origin: string;
  /** Paths asked for, in order. */
  readonly requests: string[];
}

/** Serves on 127.0.0.1 until the test is finished. */
export async function serve(handler: Handler): Promise<TestServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? "");
    handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

/** Answers each path with what stands beside it: a status and headers, or HTML. Others get 404. */
export function site(
  pages: Record<
    string,
    string | { status: number; headers?: Record<string, string>; body?: string }
  >,
): Handler {
  return (request, response) => {
    const page = pages[request.url ?? ""] ?? { status: 404 };
    const { status, headers, body } =
      typeof page === "string" ? { status: 200, headers: undefined, body: page } : page;
    response.writeHead(status, { "content-type": "text/html", ...headers }).end(body ?? "");
  };
}
