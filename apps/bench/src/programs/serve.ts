// A server that tells its port: `serve echo`, `serve tls KEY CERTIFICATE`, `serve udp`,
// `serve http BYTES`, `serve green BYTES`.
import { readFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { run, spawn } from "greenlit";
import { DatagramSocket, green, listen, type Listener, serve, type Socket } from "greenlit/net";

const [what, bytes, certificate] = process.argv.slice(2) as [string, string, string];
const WHERE = { port: 0, host: "127.0.0.1", backlog: 4096 };

function echo(socket: Socket): void {
  try {
    for (const data of socket) socket.write(data);
  } catch {
    // The other end went away.
  } finally {
    socket.close();
  }
}

function serveEcho(listener: Listener): void {
  console.log(listener.port);
  for (const socket of listener) spawn(echo, socket);
}

const servers: Record<string, () => void> = {
  echo() {
    serveEcho(listen({ ...WHERE, noDelay: true }));
  },
  tls() {
    const tls = { key: readFileSync(bytes), cert: readFileSync(certificate) };
    serveEcho(listen({ ...WHERE, noDelay: true, tls }));
  },
  udp() {
    const socket = new DatagramSocket();
    socket.bind({ port: 0, host: WHERE.host });
    console.log(socket.port);
    for (const { data, address, port } of socket) socket.send(data, { port, host: address });
  },
  http() {
    const body = Buffer.alloc(Number(bytes), "x");
    const headers = { "content-type": "text/plain" };
    const server = serve(WHERE, () => ({ headers, body }));
    console.log(server.port);
  },
  green() {
    const body = Buffer.alloc(Number(bytes), "x");
    const headers = { "content-type": "text/plain", "content-length": body.length };
    const server = createServer(
      green((_request: unknown, response: ServerResponse) => {
        response.writeHead(200, headers);
        response.end(body);
      }),
    );
    server.listen(WHERE, () => console.log((server.address() as AddressInfo).port));
  },
};

await run(servers[what] as () => void);
