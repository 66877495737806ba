// The examples that are servers do what they say.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { promisify } from "node:util";
import { afterEach, expect, it } from "vitest";
import { ROOT } from "./support/examples.js";

const running: { child?: ChildProcess; server?: Server } = {};

afterEach(async () => {
  const { child, server } = running;
  if (child !== undefined && child.exitCode === null) {
    child.kill();
    await once(child, "exit");
  }
  server?.closeAllConnections();
  server?.close();
});

/** Starts an example, which prints its URL. */
async function start(name: string): Promise<string> {
  const cli = "packages/greenlit/dist/cli.js";
  const args = [cli, "run", `examples/${name}`, "0"];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  running.child = child;
  const [text] = (await once(child.stdout.setEncoding("utf8"), "data")) as [string];
  return /http:\/\/[\d.:]+/.exec(text)?.[0] as string;
}

it("hello-server.mjs says hello, to many at a time", async () => {
  const url = await start("hello-server.mjs");
  const names = Array.from({ length: 200 }, (_, i) => `Ann ${i}`);
  const begun = performance.now();
  const texts = await Promise.all(
    names.map(async (name) => (await fetch(`${url}/?name=${encodeURIComponent(name)}`)).text()),
  );
  expect(texts).toEqual(names.map((name) => `hello ${name}\n`));
  expect(performance.now() - begun).toBeLessThan(200 * 100);
});

/** A server that says what it was asked. */
async function origin(): Promise<string> {
  const server = createServer((req, res) => {
    res.setHeader("x-proxy-saw", String(req.headers["proxy-connection"]));
    res.writeHead(201).write(`${req.method} ${req.url} `);
    req.pipe(res);
  });
  running.server = server;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Sends bytes to the proxy, and gives what comes until it closes the connection. */
async function talk(url: string, ...pieces: string[]): Promise<string> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1").setEncoding("latin1");
  let text = "";
  socket.on("data", (data: string) => {
    text += data;
    const next = pieces.shift();
    if (next !== undefined) socket.write(next);
  });
  socket.write(pieces.shift() as string);
  await once(socket, "end");
  socket.end();
  return text;
}

it("http-proxy.mjs passes requests on, and makes tunnels", async () => {
  const [url, host] = [await start("http-proxy.mjs"), await origin()];
  const close = "connection: close\r\n";
  const post = `POST http://${host}/x?y HTTP/1.1\r\nhost: ${host}\r\ncontent-length: 5\r\n`;
  const posted = await talk(url, `${post}proxy-connection: close\r\n${close}\r\nhello`);
  expect(posted).toMatch(/^HTTP\/1.1 201 Created\r\n/);
  expect(posted).toContain("x-proxy-saw: undefined");
  expect(posted).toMatch(/\r\nPOST \/x\?y \r\n5\r\nhello\r\n/);
  const own = `GET / HTTP/1.1\r\nhost: me\r\n${close}\r\n`;
  expect(await talk(url, own)).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/);
  const get = `GET /secret HTTP/1.1\r\nhost: ${host}\r\n${close}\r\n`;
  const tunnelled = await talk(url, `CONNECT ${host} HTTP/1.1\r\nhost: ${host}\r\n\r\n`, get);
  expect(tunnelled).toMatch(/^HTTP\/1.1 200 OK\r\n\r\nHTTP\/1.1 201 Created\r\n/);
  expect(tunnelled).toContain("GET /secret ");
  const nobody = `GET http://127.0.0.1:1/ HTTP/1.1\r\nhost: 127.0.0.1:1\r\n${close}\r\n`;
  expect(await talk(url, nobody)).toMatch(/^HTTP\/1.1 502 Bad Gateway\r\n/);
});

it("http-proxy.mjs is one for curl, if that is there", async (context) => {
  const run = promisify(execFile);
  try {
    await run("curl", ["--version"]);
  } catch {
    return context.skip("curl is not installed");
  }
  const [url, host] = [await start("http-proxy.mjs"), await origin()];
  for (const flags of [[], ["--proxytunnel"]]) {
    const args = ["-s", "--noproxy", "", "--proxy", url, ...flags, "-d", "hi", `http://${host}/c`];
    expect((await run("curl", args)).stdout).toBe("POST /c hi");
  }
});
