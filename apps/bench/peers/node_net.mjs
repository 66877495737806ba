// Node's own servers: node_net.mjs echo | udp | http BYTES. Each prints its port.
import { createSocket } from "node:dgram";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";

const [what, bytes] = process.argv.slice(2);
const where = { port: 0, host: "127.0.0.1", backlog: 4096 };

function tell(server) {
  console.log(server.address().port);
}

if (what === "echo") {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on("data", (data) => socket.write(data));
    socket.on("error", () => {});
  });
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
