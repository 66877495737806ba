import { createServer, type AddressInfo, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** Bytes to answer with, or what is done with the connection. */
export type RawAnswer = string | Buffer | ((socket: Socket) => void);

/** A server whose answers need not be HTTP. */
export interface RawServer {
  readonly origin: string;
  /** Paths asked for, in order. */
  readonly requests: string[];
}

/** Answers each request as told, `/robots.txt` with 404, until the test is finished. */
export async function serveRaw(answer: (path: string) => RawAnswer): Promise<RawServer> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => {}));
    socket.on("data", (data) => {
      const path = data.toString().split(" ", 2)[1]!;
      requests.push(path);
      const missing = "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n";
      const said = path === "/robots.txt" ? missing : answer(path);
      if (typeof said === "function") said(socket);
      else socket.write(said);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

/** A page as bytes on the wire. */
export function response(headers: readonly string[], body: string | Buffer = ""): Buffer {
  const head = ["HTTP/1.1 200 OK", ...headers, `Content-Length: ${Buffer.byteLength(body)}`];
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), Buffer.from(body)]);
}
