// What a dashboard costs a crawl: node test/dashboard/cost.mjs [pages], after a build.
//
// A crawl, in memory, of a site in another process is profiled: of the processor's time that the
// crawl takes, so much is spent in the dashboard's files and in the server under it. That is a
// share of one run, so it holds on busy machines, too. Once nobody looks at the dashboard, and once
// somebody does as the page does: the stream, and once a second the panel that costs most.
import { fork } from "node:child_process";
import { createServer } from "node:http";
import { Session } from "node:inspector/promises";
import { fileURLToPath } from "node:url";
import { Crawler, serveDashboard } from "@greenlit/crawler";
import { run } from "greenlit";

/** Whatever is called by these is the dashboard's. */
const DASHBOARD = /\/crawler\/dist\/dashboard\/|\/net\/dist\/http-server\//;
/** What is there without one, too; what it calls is the visit of a page. */
const FLIGHTS = /\/crawler\/dist\/flights\.js/;

const [first, second, third, fourth] = process.argv.slice(2);
if (first === "site") serveSite(Number(second));
else if (first === "crawl") await crawl(second === "seen", third, Number(fourth));
else if (first === "read") await read(second);
else await measure(Number(first ?? 10_000));

async function measure(pages) {
  const site = await start("site", pages);
  for (const kind of ["unseen", "seen"]) {
    const { child, message } = await start("crawl", kind, site.message, pages);
    const reader = message === null ? null : await start("read", message);
    child.send("go");
    const { seconds, busy, dashboard, flights } = await once(child);
    const percent = (part) => `${((100 * part) / busy).toFixed(1)} %`;
    console.log(
      `${pages} pages in ${seconds.toFixed(1)} s, dashboard ${kind}: ${percent(dashboard)} ` +
        `of the processor's time; pages in flight, which are always known: ${percent(flights)}`,
    );
    reader?.child.kill();
  }
  site.child.kill();
}

function serveSite(pages) {
  const server = createServer(({ url }, response) => {
    const i = Number(url.slice(1));
    const links = Array.from({ length: 20 }, (_, k) => (i * 20 + k * 7 + 1) % pages);
    const html = links.map((to) => `<a href=/${to}>page ${to}</a>`).join("");
    response.setHeader("content-type", "text/html");
    response.end(`<title>${i}</title>${html}`);
  });
  server.listen(0, "127.0.0.1", () => process.send(server.address().port));
}

async function crawl(isSeen, port, pages) {
  const seeds = Array.from({ length: pages }, (_, i) => `http://127.0.0.1:${port}/${i}`);
  const go = once(process);
  const { crawler, dashboard } = await run(() => {
    const crawler = new Crawler({ seeds, perHost: 50, robots: false });
    return { crawler, dashboard: serveDashboard(crawler) };
  });
  process.send(isSeen ? dashboard.url : null);
  await go;
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.start");
  const began = performance.now();
  const summary = await run(() => crawler.run());
  const seconds = (performance.now() - began) / 1000;
  if (summary.pages !== pages) throw new Error(`${summary.pages} pages of ${pages}`);
  const { profile } = await session.post("Profiler.stop");
  process.send({ seconds, ...shares(profile) });
  process.exit();
}

/** Times in the profile's unit. */
function shares({ nodes, samples, timeDeltas }) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((it) => [it, id])));
  const isDashboards = (id) => {
    for (let at = id; at !== undefined; at = parents.get(at)) {
      if (DASHBOARD.test(byId.get(at).callFrame.url)) return true;
    }
    return false;
  };
  const times = { busy: 0, dashboard: 0, flights: 0 };
  samples.forEach((id, i) => {
    const { functionName, url } = byId.get(id).callFrame;
    if (functionName === "(idle)") return;
    times.busy += timeDeltas[i];
    if (isDashboards(id)) times.dashboard += timeDeltas[i];
    if (FLIGHTS.test(url)) times.flights += timeDeltas[i];
  });
  return times;
}

async function read(url) {
  const { origin, hash } = new URL(url);
  const headers = { authorization: `Bearer ${hash.slice("#token=".length)}` };
  const stream = await fetch(`${origin}/api/events`, { headers });
  process.send("ready");
  const decoder = new TextDecoder();
  for await (const piece of stream.body) {
    if (!decoder.decode(piece).includes("event: tick")) continue;
    const panel = await fetch(`${origin}/api/greenlets?sort=age&limit=100`, { headers });
    await panel.arrayBuffer();
  }
}

/** Starts this file in a process of its own, and waits for its word. */
async function start(...args) {
  const child = fork(fileURLToPath(import.meta.url), args.map(String));
  return { child, message: await once(child) };
}

function once(emitter) {
  return new Promise((resolve, reject) => {
    emitter.once("message", resolve);
    emitter.once("exit", (code) => reject(new Error(`a process ended with ${code}`)));
  });
}
