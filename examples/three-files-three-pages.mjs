import { readFileSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:http";
import { joinAll, spawn, wait } from "greenlit";
import { fetch } from "greenlit/net";

// A slow web site of our own, so that this runs anywhere: every answer takes 300 ms.
const server = createServer((req, res) => setTimeout(() => res.end(`This is ${req.url}`), 300));
server.listen(0, "127.0.0.1");
wait(once(server, "listening")); // a promise, waited for without await
const { port } = server.address();

function read(name) {
  const text = name.startsWith("/")
    ? fetch(`http://127.0.0.1:${port}${name}`).text()
    : readFileSync(name, "utf8");
  console.log(`${name}: ${text.length} characters`);
}

const start = Date.now();
const names = ["/one", "/two", "/three", "package.json", "LICENSE", "turbo.json"];
joinAll(names.map((name) => spawn(read, name)));
console.log(`3 pages and 3 files in ${Date.now() - start} ms`);
server.close();
