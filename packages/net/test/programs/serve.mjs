// A server and its clients, both in greenlets: parsed by WebAssembly on stacks of their own, with
// garbage collected meanwhile.
import { joinAll, run, sleep, spawn } from "@greenlit/core";
import { connect, request, serve } from "@greenlit/net";
import { pass, same } from "@greenlit/testing/program";

const CLIENTS = 20;
const REQUESTS = 50;

function* pieces(text) {
  for (const letter of text) {
    yield letter;
    if (letter === "o") sleep(0);
  }
}

await run(() => {
  const server = serve({ port: 0, host: "127.0.0.1" }, (request) => {
    if (Math.random() < 0.1) globalThis.gc?.();
    const text = `${request.headers.get("x-name")} ${request.target} ${request.text()}`;
    sleep(0);
    return { body: request.target.endsWith("0") ? pieces(text) : text };
  });
  const url = `http://127.0.0.1:${server.port}`;
  const clients = Array.from({ length: CLIENTS }, (_, client) =>
    spawn(() => {
      for (let i = 0; i < REQUESTS; i++) {
        const { status, body } = request(`${url}/${i}`, {
          method: "POST",
          headers: { "x-name": `client ${client}` },
          body: pieces("hello"),
        });
        same(status, 200, "status");
        same(body.text(), `client ${client} /${i} hello`, "body");
      }
    }),
  );
  joinAll(clients, { raiseError: true });

  // Ten at once on one connection, and one that is cut off in the middle.
  const socket = connect({ port: server.port, host: "127.0.0.1" });
  socket.write("GET /1 HTTP/1.1\r\nhost: me\r\nx-name: raw\r\n\r\n".repeat(10));
  for (let i = 0; i < 10; i++) socket.readUntil("raw /1 ");
  socket.write("GET / HTTP/1.1\r\nho");
  socket.close();
  server.stop();
});
pass(2 * CLIENTS * REQUESTS);
process.exit(); // the pool of the clients keeps connections
