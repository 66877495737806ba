// Node's own servers: node_net.mjs echo | tls KEY CERTIFICATE | udp | http BYTES. Each prints its
// port.
import { createSocket } from "node:dgram";
import { createServer as createHttpServer } from "node:http";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { createServer as createTlsServer } from "node:tls";

const [what, bytes, certificate] = process.argv.slice(2);
const where = { port: 0, host: "127.0.0.1", backlog: 4096 };

function tell(server) {
  console.log(server.address().port);
}

function echo(socket) {
  socket.on("data", (data) => socket.write(data));
  socket.on("error", () => {});
}

if (what === "echo") {
  const server = createServer({ noDelay: true }, echo);
  server.listen(where, () => tell(server));
} else if (what === "tls") {
  const files = { key: readFileSync(bytes), cert: readFileSync(certificate) };
  const server = createTlsServer({ noDelay: true, ...files }, echo);
  server.on("tlsClientError", () => {});
  server.listen(where, () => tell(server));
} else if (what === "udp") {
  const socket = createSocket("udp4");
  socket.on("message", (data, from) => socket.send(data, from.port, from.address));
  socket.bind(0, "127.0.0.1", () => tell(socket));
} else {
  const body = Buffer.alloc(Number(bytes), "x");
  const headers = { "content-type": "text/plain", "content-length": body.length };
  const server = createHttpServer((_request, response) => {
    response.writeHead(200, headers);
    response.end(body);
  });
  server.listen(where, () => tell(server));
}
