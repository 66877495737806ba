// What a dashboard costs a crawl: node test/dashboard/cost.mjs [pages] [rounds], after a build.
//
// The same crawl, in memory, of a site in another process: without a dashboard, with one that
// nobody looks at, and with one that is looked at as the page does (the stream, and once a second
// the panel that costs most). Reported is the processor time of the crawler's process, the least
// of the rounds, which take turns. Where there are two cores, the site and the reader have one of
// their own.
import { execFileSync, fork } from "node:child_process";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { Crawler, serveDashboard } from "@greenlit/crawler";
import { run } from "greenlit";

const KINDS = ["without", "unseen", "seen"];
const [first, second, third, fourth] = process.argv.slice(2);
if (first === "site") serveSite(Number(second));
else if (first === "crawl") await crawl(second, third, fourth);
else if (first === "read") await read(second);
else await compare(Number(first ?? 6_000), Number(second ?? 7));

async function compare(pages, rounds) {
  const site = await start(1, "site", pages);
  const times = Object.fromEntries(KINDS.map((kind) => [kind, []]));
  for (let round = 0; round < rounds; round++) {
    for (const kind of KINDS) {
      const { child, message } = await start(0, "crawl", kind, site.message, pages);
      const reader = message.dashboard === null ? null : await start(1, "read", message.dashboard);
      child.send("go");
      const { seconds, found } = await once(child);
      if (found !== pages) throw new Error(`${kind}: ${found} pages of ${pages}`);
      times[kind].push(seconds);
      reader?.child.kill();
    }
  }
  site.child.kill();
  // The least is what the machine disturbed least.
  const least = KINDS.map((kind) => Math.min(...times[kind]));
  console.log(`${pages} pages, ${rounds} rounds, the least seconds of processor time`);
  KINDS.forEach((kind, i) => {
    const more = (100 * (least[i] / least[0] - 1)).toFixed(1);
    console.log(`${kind.padEnd(8)} ${least[i].toFixed(3)}  ${i === 0 ? "" : `${more} % more`}`);
  });
}

function serveSite(pages) {
  const server = createServer(({ url }, response) => {
    const i = Number(url.slice(1));
    const links = Array.from({ length: 20 }, (_, k) => (i * 20 + k * 7 + 1) % pages);
    response.setHeader("content-type", "text/html");
    response.end(
      `<title>${i}</title>${links.map((to) => `<a href=/${to}>page ${to}</a>`).join("")}`,
    );
  });
  server.listen(0, "127.0.0.1", () => process.send(server.address().port));
}

async function crawl(kind, port, pages) {
  const seeds = Array.from({ length: Number(pages) }, (_, i) => `http://127.0.0.1:${port}/${i}`);
  const go = once(process);
  const { crawler, dashboard } = await run(() => {
    const crawler = new Crawler({ seeds, perHost: 50, robots: false });
    return { crawler, dashboard: kind === "without" ? null : serveDashboard(crawler) };
  });
  process.send({ dashboard: kind === "seen" ? dashboard.url : null });
  await go;
  const before = process.cpuUsage();
  const { pages: found } = await run(() => crawler.run());
  const { user, system } = process.cpuUsage(before);
  process.send({ seconds: (user + system) / 1e6, found });
  process.exit();
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

/** Starts this file in a process of its own, on a core of its own, and waits for its word. */
async function start(core, ...args) {
  const child = fork(fileURLToPath(import.meta.url), args.map(String));
  try {
    execFileSync("taskset", ["-a", "-pc", String(core), String(child.pid)], { stdio: "ignore" });
  } catch {
    // one core, or a system without taskset
  }
  return { child, message: await once(child) };
}

function once(emitter) {
  return new Promise((resolve, reject) => {
    emitter.once("message", resolve);
    emitter.once("exit", (code) => reject(new Error(`a process ended with ${code}`)));
  });
}
