// node tls.mjs <certificates>, with NODE_EXTRA_CA_CERTS: what a crawl says of one server for each
// fault.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as listen } from "node:net";
import { join } from "node:path";
import { createServer } from "node:tls";
import { crawl } from "@greenlit/crawler";
import { run, wait } from "greenlit";

const file = (name) => readFileSync(join(process.argv[2], name));
const secure = (key, cert, more = {}) =>
  createServer({ key: file(`${key}.key`), cert: file(`${cert}.pem`), ...more }, (socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"));
  }).on("tlsClientError", () => {});
const plain = (answer) =>
  listen((socket) => socket.on("error", () => {}).once("data", () => answer(socket)));

const servers = {
  good: secure("localhost", "chain"),
  "no intermediate": secure("localhost", "localhost"),
  expired: secure("expired", "expired"),
  "other name": secure("other", "other"),
  "self-signed": secure("self", "self"),
  "old version": secure("localhost", "chain", { minVersion: "TLSv1", maxVersion: "TLSv1.1" }),
  "plain HTTP": plain((socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")),
  garbage: plain((socket) => socket.end(Buffer.alloc(300, 0x16))),
  "record too long": plain((socket) => socket.end(Buffer.from("160303ffff00000000", "hex"))),
  alert: plain((socket) => socket.end(Buffer.from("15030300020228", "hex"))),
  "hangs up": plain((socket) => socket.end()),
  silence: plain(() => {}),
};

await run(() => {
  const outcomes = {};
  for (const [name, server] of Object.entries(servers)) {
    server.listen(0);
    wait(once(server, "listening"));
    const seeds = [`https://localhost:${server.address().port}/`];
    const output = {
      write: ({ status, error, message }) =>
        (outcomes[name] = error === null ? status : `${error}: ${message}`),
    };
    crawl({ seeds, output, retries: 0, retryDelay: 1, robots: false, connectTimeout: 500 });
    server.close();
  }
  console.log(JSON.stringify(outcomes, null, 1));
});
process.exit();
