import { connect } from "node:net";
import { sleep } from "greenlit";
import { describe, expect, it, onTestFinished } from "vitest";
import { EventParser, type StreamEvent } from "../../src/dashboard/page/event-parser.js";
import type { CrawledPage } from "../../src/page.js";
import type { End, GreenletStack, Hello, Panels, Tick } from "../../src/dashboard/snapshot.js";
import { manyPages, raw, watch, type WatchedCrawl } from "./watched-crawl.js";

/** All events of a stream, until it ends. */
async function* events(response: Response): AsyncGenerator<StreamEvent> {
  const parser = new EventParser();
  const decoder = new TextDecoder();
  for await (const piece of response.body!) yield* parser.push(decoder.decode(piece));
}

const control = (crawl: WatchedCrawl, command: object): Promise<Response> =>
  crawl.api("control", { method: "POST", body: JSON.stringify(command) });

async function panel<Name extends keyof Panels>(
  crawl: WatchedCrawl,
  name: Name,
  query = "",
): Promise<Panels[Name]> {
  return (await (await crawl.api(`${name}?${query}`)).json()) as Panels[Name];
}

describe("what is served", () => {
  it("is the page, with nothing in it that comes from elsewhere", async () => {
    const crawl = await watch({ site: manyPages(10, 500) });
    const { origin } = crawl;
    const page = await fetch(`${origin}/`);
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    const policy = page.headers.get("content-security-policy")!;
    for (const rule of [
      ...["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"],
      ...["trusted-types 'none'", "form-action 'none'"],
    ]) {
      expect(policy).toContain(rule);
    }
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    const html = await page.text();
    const files = [...html.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, path]) => path!);
    expect(files).toContain("/page/main.js");
    for (const path of [...files, "/query.js"]) {
      expect(path).toMatch(/^\/[\w./]+$/);
      expect([path, (await fetch(origin + path)).status]).toEqual([path, 200]);
    }
    for (const path of ["/page/", "/page/main.ts", "/../package.json", "/x", "/%2e%2e/x"]) {
      expect([path, (await fetch(origin + path)).status]).toEqual([path, 404]);
    }
    expect((await fetch(`${origin}/`, { method: "POST" })).status).toBe(405);
    expect(page.headers.get("access-control-allow-origin")).toBe(null);
    expect(page.headers.get("x-content-type-options")).toBe("nosniff");
  });

  it("is refused to who names another host", async () => {
    const { origin } = await watch({ site: manyPages(10, 500) });
    const { port } = new URL(origin);
    const status = async (host: string): Promise<number> =>
      (await raw(`${origin}/`, { host })).statusCode!;
    expect(await status(`localhost:${port}`)).toBe(200);
    expect(await status(`127.0.0.1:${port}`)).toBe(200);
    expect(await status(`evil.example:${port}`)).toBe(421);
    expect(await status(`127.0.0.1`)).toBe(421);
  });

  it("tells and does nothing without the token", async () => {
    const crawl = await watch({ site: manyPages(10, 500) });
    const { origin, token, crawler } = crawl;
    const paths = ["events", "hosts", "greenlets", "failures", "skips", "graph", "stack", "x"];
    for (const path of paths) {
      expect((await fetch(`${origin}/api/${path}`)).status).toBe(401);
      expect((await fetch(`${origin}/api/${path}?token=${token}`)).status).toBe(401);
    }
    for (const authorization of ["", "Bearer x", `Basic ${token}`, `Bearer ${token}x`]) {
      const method = "POST";
      const body = '{"action":"stop"}';
      const headers = { authorization };
      const answer = await fetch(`${origin}/api/control`, { method, body, headers });
      expect(answer.status).toBe(401);
      expect(await answer.text()).toContain("open the address that the crawl printed");
    }
    expect(crawler.frontier.closed).toBe(false);
    expect((await crawl.api("x")).status).toBe(404);
    expect((await crawl.api("hosts", { method: "POST" })).status).toBe(405);
    expect((await crawl.api("control")).status).toBe(404);
    expect((await control(crawl, { action: "explode" })).status).toBe(400);
  });

  it("is bounded: readers, rows, and what one may send", async () => {
    const crawl = await watch({ site: manyPages(300, 500), crawl: { perHost: 4 } });
    const streams = [];
    for (let i = 0; i < 17; i++) streams.push(await crawl.api("events"));
    expect(streams.map(({ status }) => status)).toEqual([...Array<number>(16).fill(200), 503]);
    await Promise.all(streams.map(({ body }) => body!.cancel()));
    await expect.poll(async () => (await crawl.api("events")).status).toBe(200);
    const method = "POST";
    const large = await crawl.api("control", { method, body: "x".repeat(20_000) });
    expect(large.status).toBe(413);
    for (const limit of ["1e9", "0", "-5", "x", "1.5"]) {
      const { rows } = await panel(crawl, "hosts", `limit=${limit}`);
      expect(rows.length).toBeLessThanOrEqual(100);
    }
  });
});

it("tells how the crawl goes, and at the end all there is to know", async () => {
  const crawl = await watch({ site: manyPages(60, 10), crawl: { perHost: 4 } });
  const seen: StreamEvent[] = [];
  for await (const event of events(await crawl.api("events"))) seen.push(event);
  const { interrupted, pages, bytes } = await crawl.ended;
  expect(interrupted).toBe(false);
  expect(seen[0]!.name).toBe("hello");
  const hello = JSON.parse(seen[0]!.data) as Hello;
  expect(hello).toMatchObject({ seeds: [crawl.site], interval: 50, tick: { state: "running" } });
  const ticks = seen.filter(({ name }) => name === "tick").map((it) => JSON.parse(it.data) as Tick);
  expect(ticks.length).toBeGreaterThan(1);
  const ordinals = ticks.map(({ sample }) => sample);
  expect(ordinals).toEqual(ordinals.toSorted((a, b) => a - b));
  for (const { phases, counts } of ticks) {
    const { committing, ...inFlight } = phases;
    const sum = Object.values(inFlight).reduce((a, b) => a + b, 0);
    expect(sum).toBeLessThanOrEqual(counts.inFlight);
    expect(committing).toBeGreaterThanOrEqual(0);
  }
  expect(seen.at(-1)!.name).toBe("end");
  const { tick, panels } = JSON.parse(seen.at(-1)!.data) as End;
  expect(tick).toMatchObject({
    state: "finished",
    counts: { pages, bytes, failed: 0, inFlight: 0, queued: 0, known: 63, hosts: 1, skipped: 2 },
    statuses: { "2xx": 61, "4xx": 2 },
  });
  expect(tick.latency.whole.count).toBe(63);
  expect(tick.latency.whole.p50).toBeGreaterThanOrEqual(9);
  expect(panels.failures).toMatchObject({ total: 2, rows: [{ code: "404" }, { code: "404" }] });
  expect(panels.failures.rows[0]!.referrer).toBe(`${crawl.site}/`);
  expect(panels.skips.rows.map(({ reason, count }) => [reason, count])).toEqual([
    ["nofollow", 1],
    ["unsupported-scheme", 1],
  ]);
  expect(panels.graph.hosts).toMatchObject({ total: 1, nodes: [{ pages: 61, errors: 2 }] });
  expect(panels.graph.sections.nodes.map(({ pages, errors }) => [pages, errors])).toEqual([
    ...[
      [60, 0],
      [0, 2],
      [1, 0],
    ],
  ]);
  await expect(fetch(crawl.origin)).rejects.toThrow("fetch failed");
});

describe("who has the token", () => {
  it("pauses the crawl, lets it go on, and stops it", async () => {
    const crawl = await watch({ site: manyPages(5_000, 10), crawl: { perHost: 4 } });
    const { statistics, frontier } = crawl.crawler;
    await expect.poll(() => statistics.pages).toBeGreaterThan(10);
    expect((await control(crawl, { action: "pause" })).status).toBe(204);
    await expect.poll(() => frontier.counts.leased).toBe(0);
    const { pages } = statistics;
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(statistics.pages).toBe(pages);
    const { value } = await events(await crawl.api("events")).next();
    const hello = value as StreamEvent;
    expect((JSON.parse(hello.data) as Hello).tick.state).toBe("paused");
    await control(crawl, { action: "resume" });
    await expect.poll(() => statistics.pages).toBeGreaterThan(pages + 10);
    await control(crawl, { action: "stop" });
    expect(await crawl.ended).toMatchObject({ interrupted: true });
  });

  it("changes its limits", async () => {
    const crawl = await watch({ site: manyPages(5_000, 50), crawl: { perHost: 2 } });
    const { frontier } = crawl.crawler;
    await expect.poll(() => frontier.counts.leased).toBe(2);
    await control(crawl, { action: "limits", perHost: 30 });
    await expect.poll(() => frontier.counts.leased).toBe(30);
    await control(crawl, { action: "limits", concurrency: 5 });
    await expect.poll(() => frontier.counts.leased).toBe(5);
    expect([frontier.concurrency, frontier.perHost]).toEqual([5, 30]);
  });
});

describe("the panels", () => {
  it("greenlets: each page in flight, and the line it is blocked at", async () => {
    const crawl = await watch({ site: manyPages(100, 3_000), crawl: { robots: false } });
    await expect.poll(() => crawl.crawler.flights.size).toBe(1);
    await expect
      .poll(async () => (await panel(crawl, "greenlets")).rows[0])
      .toMatchObject({ url: `${crawl.site}/`, phase: "headers", waitsFor: "http.request" });
    const [row] = (await panel(crawl, "greenlets")).rows;
    expect(row!.at).toMatch(/^Client\.\w+ client\.ts:\d+$/);
    expect(row!.inPhase).toBeLessThanOrEqual(row!.age);
    const query = new URLSearchParams({ id: String(row!.id), url: row!.url });
    const stack = (await (await crawl.api(`stack?${query}`)).json()) as GreenletStack;
    expect(stack).toMatchObject({ depth: 0, attempts: 1, referrer: null, hasEnded: false });
    const own = stack.frames.filter(({ isOwn }) => isOwn).map(({ call }) => call);
    expect(own).toEqual(expect.arrayContaining(["Fetcher.fetch", "Crawler.visit"]));
    const unknown = await crawl.api("stack?id=99999&url=x");
    expect(await unknown.json()).toBe(null);
  });

  it("greenlets: of a handler, its own line; and what was seen last of one that has ended", async () => {
    const handler = (page: CrawledPage): void => {
      if (page.depth === 0) page.follow("/p/1");
      blockedInTheHandler(page.depth);
    };
    const crawl = await watch({ site: manyPages(0, 0), handler });
    await expect
      .poll(async () => (await panel(crawl, "greenlets")).rows[0])
      .toMatchObject({ phase: "handling", waitsFor: "sleep" });
    const [row] = (await panel(crawl, "greenlets")).rows;
    expect(row!.at).toMatch(/^blockedInTheHandler dashboard\.test\.ts:\d+$/);
    await expect.poll(() => crawl.crawler.statistics.pages).toBe(1);
    const query = new URLSearchParams({ id: String(row!.id), url: row!.url });
    const stack = (await (await crawl.api(`stack?${query}`)).json()) as GreenletStack | null;
    expect(stack).toMatchObject({ hasEnded: true, at: row!.at });
  });

  it("hosts: and why each is not asked faster", async () => {
    const crawl = await watch({ site: manyPages(500, 10), crawl: { delay: 300 } });
    await expect
      .poll(async () => (await panel(crawl, "hosts")).rows[0])
      .toMatchObject({
        host: new URL(crawl.site).host,
        limit: 2,
        delay: 300,
        reason: "300 ms between requests: --delay",
      });
    const look = (): Promise<Panels["hosts"]> => panel(crawl, "hosts", "filter=127.0");
    await expect.poll(async () => (await look()).rows[0]!.queued).toBeGreaterThan(400);
    const { rows, total } = await look();
    expect(total).toBe(1);
    expect(rows[0]!.next).toBeLessThanOrEqual(300);
    crawl.crawler.frontier.pause(rows[0]!.host, 60_000, "it said Retry-After");
    const [paused] = (await panel(crawl, "hosts")).rows;
    expect(paused!.reason).toMatch(/^left alone for (?:60\.0|5\d\.\d) s: it said Retry-After$/);
    expect((await panel(crawl, "hosts", "filter=other")).matching).toBe(0);
  });
});

it("a reader that reads nothing holds no memory, and slows nobody down", async () => {
  const crawl = await watch({ site: manyPages(5_000, 5), crawl: { perHost: 4 }, interval: 1 });
  const { port } = new URL(crawl.origin);
  const socket = connect(Number(port), "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.pause();
  socket.write(
    `GET /api/events HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n` +
      `authorization: Bearer ${crawl.token}\r\n\r\n`,
  );
  const reader = events(await crawl.api("events"));
  const read = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) await reader.next();
  };
  await read(1_500); // by now the buffers of the slow one are full
  globalThis.gc!();
  const before = process.memoryUsage();
  await read(1_500);
  globalThis.gc!();
  const after = process.memoryUsage();
  const grown = after.heapUsed + after.external - before.heapUsed - before.external;
  expect(grown).toBeLessThan(6_000_000); // 1,500 events are more than that
  expect(crawl.crawler.statistics.pages).toBeGreaterThan(100);
});

function blockedInTheHandler(depth: number): void {
  sleep(depth === 0 ? 400 : 1_000);
}
