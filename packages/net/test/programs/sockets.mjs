// Every kind of socket, in the main thread and in a worker; then nothing keeps the process alive.
import { readFileSync } from "node:fs";
import { once } from "node:events";
import { isMainThread, Worker } from "node:worker_threads";
import { joinAll, run, spawn, wait } from "@greenlit/core";
import {
  connect,
  connectWebSocket,
  DatagramServer,
  DatagramSocket,
  listenWebSocket,
  SocketClosedError,
  socketPair,
  StreamServer,
} from "@greenlit/net";
import { pass, same, scaled, thrownBy } from "@greenlit/testing/program";

const host = "127.0.0.1";
const pem = (name) => readFileSync(new URL(`../certificates/${name}`, import.meta.url), "utf8");

function echo(socket) {
  for (const chunk of socket) socket.write(chunk);
}

function conversations(tls, clientTls) {
  const where = tls === undefined ? {} : { tls };
  const server = new StreamServer({ port: 0, host, ...where }, echo);
  const clients = Array.from({ length: 20 }, (_, i) =>
    spawn(() => {
      const socket = connect({
        port: server.port,
        host,
        ...(clientTls === undefined ? {} : { tls: clientTls }),
      });
      for (let round = 0; round < scaled(20); round++) {
        socket.write(`${i} ${round}\n`);
        if (socket.readLine() !== `${i} ${round}`) return "wrong";
      }
      socket.close();
      return "right";
    }),
  );
  joinAll(clients, { raiseError: true });
  server.stop();
  return clients.filter((one) => one.value === "right").length;
}

await run(() => {
  same(conversations(), 20, "TCP");
  const tls = { key: pem("localhost.key"), cert: pem("localhost.pem") };
  same(conversations(tls, { ca: pem("ca.pem") }), 20, "TLS");

  const datagrams = new DatagramServer({ port: 0, host }, ({ data, address, port }, socket) => {
    socket.send(`${data}!`, { port, host: address });
  });
  const client = new DatagramSocket();
  client.connect({ port: datagrams.port, host });
  client.send("hi");
  same(String(client.receive().data), "hi!", "UDP");
  client.close();
  datagrams.stop();

  const listener = listenWebSocket({ port: 0, host });
  const near = connectWebSocket(`ws://${host}:${listener.port}`);
  const far = listener.accept();
  far.send("message");
  same(near.receive(), "message", "WebSocket");
  near.close();
  listener.close();

  const [a, b] = socketPair();
  const large = Buffer.alloc(scaled(4 << 20), 7);
  const writing = spawn(() => a.write(large));
  same(b.readExactly(large.length).equals(large), true, "much");
  writing.get();
  const waiting = spawn(() => thrownBy(() => b.read(), "a read that is closed"));
  wait(new Promise((resolve) => setTimeout(resolve, 1)));
  b.close();
  same(waiting.get() instanceof SocketClosedError, true, "closed under who reads");
  a.close();

  if (isMainThread) {
    const worker = new Worker(new URL(import.meta.url));
    same(wait(once(worker, "exit")), [0], "in a worker");
  }
});
pass(isMainThread ? 8 : 7);
