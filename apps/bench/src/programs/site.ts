// `site random PAGES` or `site FOLDER`: a site to be crawled, on a port of its own; sends the
// address of its first page. SIGTERM: sends how many pages it has served, and ends.
import { readFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

const [what, size] = process.argv.slice(2) as [string, string];
let pages = 0;

/** As `scrapy bench` serves them, but that a page has the same links whoever asks for it. */
function randomPage(url: string): Buffer {
  const total = Number(size);
  let state = Number(/[?&]n=(\d+)/.exec(url)?.[1] ?? 0);
  let html = "<html><head></head><body>";
  for (let i = 0; i < LINKS; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const n = (Math.floor((state / 2 ** 32) * total) % total) + 1;
    html += `<a href='/follow?total=${total}&show=${LINKS}&n=${n}'>follow ${n}</a><br>`;
  }
  return Buffer.from(`${html}</body></html>`);
}

const LINKS = 20;

const TYPES: Record<string, string> = {
  ".html": "text/html",
  ".txt": "text/plain",
  ".css": "text/css",
  ".js": "text/javascript",
  ".png": "image/png",
  ".svg": "image/svg+xml",
};

function answer(response: ServerResponse, status: number, type: string, body: Buffer): void {
  response.writeHead(status, { "content-type": type, "content-length": body.length }).end(body);
}

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

const server = createServer({ keepAliveTimeout: 60_000 }, ({ url = "/" }, response) => {
  if (url === "/robots.txt") {
    answer(response, 200, "text/plain", Buffer.from("User-agent: *\nDisallow: /private/\n"));
  } else if (what === "random") {
    pages++;
    answer(response, 200, "text/html", randomPage(url));
  } else serveFile(url, response);
});

server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  const first = what === "random" ? `follow?total=${size}&show=${LINKS}` : "index.html";
  process.send?.({ seed: `http://127.0.0.1:${port}/${first}` });
});
process.once("SIGTERM", () => {
  process.send?.({ pages }, () => process.exit(0));
});
