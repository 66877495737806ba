// A proxy for HTTP and HTTPS: curl --proxy http://127.0.0.1:8888 https://example.org
//   npx greenlit run http-proxy.mjs [PORT]
import { joinAll, spawn } from "greenlit";
import { connect, request, serve } from "greenlit/net";

const port = Number(process.argv[2] ?? 8888);

/** What concerns one connection only, and is not passed on: RFC 9110, 7.6.1. */
const HOP = new Set(
  "connection keep-alive proxy-authorization proxy-connection te trailer transfer-encoding upgrade".split(
    " ",
  ),
);

const passedOn = (headers) => Object.fromEntries([...headers].filter(([name]) => !HOP.has(name)));

/** Another server's answer, as it comes. */
function forward({ method, url, headers, body, signal }) {
  const hasBody = headers.has("content-length") || headers.has("transfer-encoding");
  return request(url, {
    method,
    headers: passedOn(headers),
    body: hasBody ? body : null,
    signal,
  });
}

/** CONNECT: bytes in both directions, until both ends have said all. */
function tunnel(client) {
  const { hostname, port } = new URL(client.url);
  const server = connect({ host: hostname, port: Number(port || 443), noDelay: true });
  try {
    const socket = client.upgrade();
    joinAll([spawn(pipe, socket, server), spawn(pipe, server, socket)]);
  } finally {
    server.close();
  }
  return {};
}

function pipe(from, to) {
  try {
    for (const bytes of from) to.write(bytes);
    to.shutdown();
  } catch {
    from.close(); // one end is gone, so the other one need not go on
    to.close();
  }
}

function proxy(client) {
  // Passed on, it would come back here for ever.
  if (client.target.startsWith("/")) return { status: 400, body: "this is a proxy\n" };
  try {
    return client.method === "CONNECT" ? tunnel(client) : forward(client);
  } catch (error) {
    return { status: 502, body: `${error.message}\n` };
  }
}

const server = serve({ port, host: "127.0.0.1" }, proxy);
console.log(`a proxy at http://127.0.0.1:${server.port}`);
server.join();
