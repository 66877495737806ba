// A site to be crawled, on a port of its own; sends the address of its first page. SIGTERM: sends
// how many pages it has served, and ends.
//
//   site random PAGES   pages with 20 links each, as `scrapy bench` serves them; sends `served`
//                       after each fifth of them
//   site FOLDER 0       a folder with an index.html
//   site hold PAGES     a page with so many links, and pages that are answered by half: sends
//                       `holding` when it has the first, and all the others, in flight, and ends
//                       them when it is told to
import { readFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

const [what, size] = process.argv.slice(2) as [string, string];
const total = Number(size);
const LINKS = 20;
let pages = 0;

function answer(response: ServerResponse, status: number, type: string, body: Buffer): void {
  response.writeHead(status, { "content-type": type, "content-length": body.length }).end(body);
}

/** A page has the same links whoever asks for it. */
function serveRandom(url: string, response: ServerResponse): void {
  let state = Number(/[?&]n=(\d+)/.exec(url)?.[1] ?? 0);
  let html = "<html><head></head><body>";
  for (let i = 0; i < LINKS; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const n = Math.floor((state / 2 ** 32) * total) + 1;
    html += `<a href='/follow?total=${total}&show=${LINKS}&n=${n}'>follow ${n}</a><br>`;
  }
  if (++pages % Math.ceil(total / 5) === 0) process.send?.("served");
  answer(response, 200, "text/html", Buffer.from(`${html}</body></html>`));
}

const TYPES: Record<string, string> = {
  ".html": "text/html",
  ".txt": "text/plain",
  ".css": "text/css",
  ".js": "text/javascript",
  ".png": "image/png",
  ".svg": "image/svg+xml",
};

function serveFile(url: string, response: ServerResponse): void {
  const path = normalize(decodeURIComponent(url.split("?", 1)[0] as string));
  try {
    const body = readFileSync(join(what, path.endsWith("/") ? `${path}index.html` : path));
    const type = TYPES[extname(path)] ?? "application/octet-stream";
    if (type === "text/html") pages++;
    answer(response, 200, type, body);
  } catch {
    answer(response, 404, "text/plain", Buffer.from("not found"));
  }
}

let held: (() => void)[] = [];

function holdPage(url: string, response: ServerResponse): void {
  const isFirst = url === "/first";
  const links = Array.from({ length: isFirst ? total : 0 }, (_, i) => `<a href="/${i}">${i}</a>`);
  const half = Buffer.from(`<html><title>${url}</title>${"<p>some text".repeat(400)}`);
  response.writeHead(200, { "content-type": "text/html" }).write(half);
  pages++;
  held.push(() => response.end(links.join("\n")));
  if (held.length === (isFirst ? 1 : total)) process.send?.("holding");
}

process.on("message", () => {
  const all = held;
  held = [];
  for (const end of all) end();
});

const server = createServer({ keepAliveTimeout: 60_000 }, ({ url = "/" }, response) => {
  if (url === "/robots.txt") {
    answer(response, 200, "text/plain", Buffer.from("User-agent: *\nDisallow: /private/\n"));
  } else if (what === "random") serveRandom(url, response);
  else if (what === "hold") holdPage(url, response);
  else serveFile(url, response);
});

const FIRST: Record<string, string> = {
  random: `follow?total=${size}&show=${LINKS}`,
  hold: "first",
};

server.listen({ port: 0, host: "127.0.0.1", backlog: 16_384 }, () => {
  const { port } = server.address() as AddressInfo;
  process.send?.({ seed: `http://127.0.0.1:${port}/${FIRST[what] ?? "index.html"}` });
});
process.once("SIGTERM", () => {
  process.send?.({ pages }, () => process.exit(0));
});
