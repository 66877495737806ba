// Node's own undici, which some look at a global loads, may be older than ours and its pool the one
// of the process: requests find one that they can use all the same.
import { createServer } from "node:http";
import { once } from "node:events";
import { pass, same } from "@greenlit/testing/program";

same(new Response("loaded").status, 200, "a look at a global");
const { run } = await import("@greenlit/core");
const { fetch, request } = await import("@greenlit/net");

const server = createServer((_req, res) => res.end("here")).listen(0, "127.0.0.1");
await once(server, "listening");
const url = `http://127.0.0.1:${server.address().port}`;
await run(() => {
  same(request(url).body.text(), "here", "request");
  same(fetch(url).text(), "here", "fetch");
  same(request(url).body.text(), "here", "request again");
});
server.closeAllConnections();
server.close();
pass(4);
