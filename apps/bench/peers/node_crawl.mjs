// The same crawl in plain async Node: node_crawl.mjs SEED CONCURRENCY PAGES. One host, robots.txt,
// each page once, the same links as greenlit's crawler follows; kept in memory.
import { open } from "node:fs/promises";
import { Parser } from "htmlparser2";
import { Agent, request } from "undici";

const [seed, concurrency, limit] = process.argv.slice(2);
const start = new URL(seed);
const dispatcher = new Agent({ connections: Number(concurrency) });
const output = await open("/dev/null", "w");
const seen = new Set([start.href]);
const queue = [start.href];
let begun = 0;
let active = 0;
let finished;

async function get(url) {
  const headers = { "user-agent": "node-crawl/1.0", "accept-encoding": "gzip, deflate, br" };
  return await request(url, { dispatcher, headers, bodyTimeout: 30_000 });
}

const robots = await get(new URL("/robots.txt", start));
const forbidden = [...(await robots.body.text()).matchAll(/^disallow: *(\S+)/gim)].map((m) => m[1]);

function linksOf(html, url) {
  const links = new Set();
  let base = url;
  let title = "";
  let inTitle = false;
  const parser = new Parser({
    onopentag(name, { href, src, rel }) {
      inTitle = name === "title";
      if (name === "base" && href) base = new URL(href, url);
      const reference =
        name === "a" || name === "area" ? href : /^i?frame$/.test(name) ? src : null;
      if (reference && !/nofollow/.test(rel)) links.add(reference);
    },
    ontext(text) {
      if (inTitle) title += text;
    },
    onclosetag(name) {
      if (name === "title") inTitle = false;
    },
  });
  parser.end(html);
  return { title, links, base };
}

async function visit(url) {
  const { statusCode, headers, body } = await get(url);
  const isHtml = statusCode === 200 && headers["content-type"]?.startsWith("text/html");
  if (!isHtml) return body.dump();
  const { title, links, base } = linksOf(await body.text(), new URL(url));
  for (const reference of links) {
    const link = URL.canParse(reference, base) ? new URL(reference, base) : null;
    if (link?.host !== start.host || forbidden.some((path) => link.pathname.startsWith(path)))
      continue;
    link.hash = "";
    if (seen.has(link.href)) continue;
    seen.add(link.href);
    queue.push(link.href);
  }
  await output.write(`${JSON.stringify({ url, status: statusCode, title, links: links.size })}\n`);
}

function fill() {
  while (active < Number(concurrency) && queue.length > 0 && begun < Number(limit)) {
    begun++;
    active++;
    visit(queue.shift())
      .catch((error) => console.error(error.message))
      .finally(() => (active--, fill()));
  }
  if (active === 0) finished();
}

await new Promise((resolve) => ((finished = resolve), fill()));
await dispatcher.close();
