import { expect } from "vitest";
import { connect, type Handler, serve, type ServeOptions } from "../../src/index.js";

export const HOST = "127.0.0.1";

/** In a greenlet: calls `fn` with the port of a server, and stops that. */
export function serving<T>(
  handler: Handler,
  fn: (port: number) => T,
  options: ServeOptions = {},
): T {
  const server = serve({ port: 0, host: HOST, ...options }, handler);
  try {
    return fn(server.port);
  } finally {
    server.stop({ timeout: 0 });
  }
}

/** Sends pieces, one after the other, and gives all that comes until the server closes. */
export function talk(port: number, ...pieces: (string | Buffer)[]): string {
  using socket = connect({ port, host: HOST });
  for (const piece of pieces) {
    socket.write(typeof piece === "string" ? Buffer.from(piece, "latin1") : piece);
  }
  let all = "";
  for (let part = socket.read(); part !== null; part = socket.read())
    all += part.toString("latin1");
  return undated(all);
}

/** The same, with lines as a list, each of which gets its end. */
export function lines(...all: string[]): string {
  return all.map((line) => `${line}\r\n`).join("");
}

/** A request that is the last one of its connection. */
export function last(line: string, ...headers: string[]): string {
  return lines(line, "host: me", "connection: close", ...headers, "");
}

/** What came, without the moment. */
export function undated(text: string): string {
  return text.replaceAll(/date: \w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT/g, "date: now");
}

/** A response with a short body, as the server writes it. */
export function response(
  body: string,
  { status = "200 OK", headers = [], close = false }: Partial<Told> = {},
): string {
  return (
    lines(
      `HTTP/1.1 ${status}`,
      ...headers,
      "date: now",
      `content-length: ${Buffer.byteLength(body)}`,
      ...(close ? CLOSE : KEEP),
      "",
    ) + body
  );
}

interface Told {
  readonly status: string;
  readonly headers: string[];
  readonly close: boolean;
}

export const KEEP = ["connection: keep-alive", "keep-alive: timeout=60"];
export const CLOSE = ["connection: close"];

/** What the server says itself. */
export function refusal(status: string, text: string): string {
  const headers = ["content-type: text/plain; charset=utf-8"];
  return response(`${text}\n`, { status, headers, close: true });
}

/** The status of the first response that came. */
export function statusOf(text: string): number {
  expect(text).toMatch(/^HTTP\/1\.1 \d{3} /);
  return Number(text.slice(9, 12));
}
