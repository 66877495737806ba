import { type IncomingMessage, request } from "node:http";
import { run } from "greenlit";
import { onTestFinished } from "vitest";
import { Crawler } from "../../src/crawler.js";
import { type Dashboard, serveDashboard } from "../../src/dashboard/dashboard.js";
import type { CrawlOptions } from "../../src/options.js";
import type { PageHandler } from "../../src/page.js";
import type { Summary } from "../../src/summary.js";
import { type Handler, serve } from "../server.js";

/** A crawl with a dashboard, of the kind that the command runs. */
export interface WatchedCrawl {
  readonly crawler: Crawler;
  readonly dashboard: Dashboard;
  /** Where the dashboard is, without the token, which is apart. */
  readonly origin: string;
  readonly token: string;
  /** Where the site is. */
  readonly site: string;
  readonly ended: Promise<Summary>;
  /** Asks the dashboard for something below /api/. */
  api(path: string, init?: RequestInit): Promise<Response>;
}

export interface WatchOptions {
  readonly site: Handler;
  readonly crawl?: Partial<CrawlOptions>;
  readonly handler?: PageHandler | null;
  /** Ms between two samples. */
  readonly interval?: number;
  /** Begins nothing until `crawler.resume()`. */
  readonly paused?: boolean;
}

/** Runs one until it ends, or the test does. */
export async function watch(options: WatchOptions): Promise<WatchedCrawl> {
  const { crawl = {}, handler = null, interval = 50, paused = false } = options;
  const { origin: site } = await serve(options.site);
  let ended: Promise<Summary> | undefined;
  const [crawler, dashboard] = await new Promise<[Crawler, Dashboard]>((resolve) => {
    ended = run(() => {
      const crawler = new Crawler({ seeds: [site], retryDelay: 20, grace: 50, ...crawl }, handler);
      using dashboard = serveDashboard(crawler, { interval });
      if (paused) crawler.pause();
      resolve([crawler, dashboard]);
      return crawler.run();
    });
  });
  onTestFinished(async () => {
    crawler.stop();
    await ended;
  });
  const { origin, hash } = new URL(dashboard.url);
  const token = hash.slice("#token=".length);
  return {
    crawler,
    dashboard,
    origin,
    token,
    site,
    ended: ended!,
    api: (path, init = {}) =>
      fetch(`${origin}/api/${path}`, { ...init, headers: { authorization: `Bearer ${token}` } }),
  };
}

/** Ordinary pages in great number, each of which takes `ms`; those below /bad/ do not exist. */
export function manyPages(count: number, ms: number): Handler {
  const links = Array.from({ length: count }, (_, i) => `<a href=/p/${i}>`).join("");
  const others = "<a href=/bad/1><a href=/bad/2><a rel=nofollow href=/no><a href='mailto:x@y'>";
  return ({ url }, response) => {
    setTimeout(() => {
      response.writeHead(url?.startsWith("/bad/") ? 404 : 200, { "content-type": "text/html" });
      response.end(url === "/" ? others + links : `<title>${url}</title>`);
    }, ms);
  };
}

/** A request with headers that fetch does not let one set. */
export function raw(url: string, headers: Record<string, string>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(url, { headers }, resolve).on("error", reject).end();
  });
}
