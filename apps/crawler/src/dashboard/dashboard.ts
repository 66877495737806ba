import { type Greenlet, sleep, spawn } from "greenlit";
import { type HttpServer, serve, type ServerRequest, type ServerResponse } from "greenlit/net";
import { Access, isNamedHere } from "./access.js";
import { loadAssets } from "./assets.js";
import { Broadcast, serverSentEvent } from "./event-stream.js";
import { Monitor, type Observed } from "./monitor.js";
import type { Query } from "./query.js";
import { parseCommand } from "./command.js";
import type { Command, End, Hello, Panels } from "./snapshot.js";
import { watchRequests } from "./watch-requests.js";

export interface DashboardOptions {
  /** Port on 127.0.0.1. Default: 0, any that is free. */
  readonly port?: number;
  /** Ms between two samples. Default: 1000. */
  readonly interval?: number;
}

/**
 * Nothing of the page comes from elsewhere, nothing in it is a script but its own files, nothing
 * that a site said can become markup, and no other page can frame it.
 */
const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
    "require-trusted-types-for 'script'; trusted-types 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cache-control": "no-store",
};

/** Connections at once, and those among them that are told what happens. */
const MAX_CONNECTIONS = 64;
const MAX_READERS = 16;
/** Ms that a reader may take for what it is sent. */
const SEND_TIMEOUT = 10_000;
/** Ms that readers have to take the last word. */
const LAST_WORD = 1_000;
/** Ms in which those are still answered who had not heard of the end when they asked. */
const GRACE = 300;
/** Rows of a table at most. */
export const MAX_ROWS = 100;

/**
 * Serves a page on 127.0.0.1 that shows a crawl while it runs, and lets who has its token pause it,
 * stop it, and change its limits. To be called in a greenlet, before `crawler.run()`; returns as
 * soon as it listens.
 *
 * @throws EADDRINUSE when somebody else has the port, RangeError when it is none
 */
export function serveDashboard(crawler: Observed, options: DashboardOptions = {}): Dashboard {
  return new Dashboard(crawler, options);
}

/** A dashboard that is being served. Made by `serveDashboard`. */
export class Dashboard implements Disposable {
  private readonly crawler: Observed;
  private readonly interval: number;
  private readonly access = new Access();
  private readonly assets = loadAssets();
  private readonly monitor: Monitor;
  private readonly news = new Broadcast();
  private readonly server: HttpServer;
  private readonly ticking: Greenlet<void>;
  private readonly endWatch: () => void;

  /** @internal Use {@link serveDashboard}. */
  constructor(crawler: Observed, { port = 0, interval = 1_000 }: DashboardOptions) {
    this.crawler = crawler;
    this.interval = interval;
    this.monitor = new Monitor(crawler);
    crawler.ledger.watcher = this.monitor;
    const limits = { maxConnections: MAX_CONNECTIONS, maxBodySize: 10_000 };
    this.server = serve(
      { host: "127.0.0.1", port, sendTimeout: SEND_TIMEOUT, ...limits },
      (request) => this.answer(request),
    );
    this.endWatch = watchRequests();
    this.ticking = spawn(() => this.tickForEver());
    this.ticking.daemon = true;
  }

  /** The address to open. It has the token: who knows it controls the crawl. */
  get url(): string {
    return `http://127.0.0.1:${this.server.port}/#token=${this.access.token}`;
  }

  /** Samples taken so far, one each `interval`. */
  get samples(): number {
    return this.monitor.sampleCount;
  }

  /**
   * The crawl has ended: tells everybody who looks on the last that there is to know, which they
   * can go on looking at, and serves no more. Blocks until they have it, a second at most.
   */
  close(): void {
    if (this.server.address === null) return;
    this.ticking.kill();
    this.endWatch();
    this.monitor.sample();
    this.monitor.end();
    const hasReaders = this.news.readers > 0;
    this.news.end(serverSentEvent("end", this.end()));
    if (hasReaders) sleep(GRACE);
    this.server.stop({ timeout: LAST_WORD });
  }

  /** `using dashboard = serveDashboard(...)`: the end of the block closes it. */
  [Symbol.dispose](): void {
    this.close();
  }

  private tickForEver(): void {
    for (;;) {
      sleep(this.interval);
      this.monitor.sample();
      this.tell();
    }
  }

  private tell(): void {
    if (this.news.readers > 0) this.news.send(serverSentEvent("tick", this.monitor.tick));
  }

  private answer(request: ServerRequest): ServerResponse {
    const answer = this.route(request);
    return { ...answer, headers: { ...HEADERS, ...answer.headers } };
  }

  private route(request: ServerRequest): Answer {
    const { method, path } = request;
    if (!isNamedHere(request, this.server.port)) return text(421, "this is another server");
    const asset = this.assets.get(path);
    if (asset !== undefined) {
      if (method !== "GET") return text(405, "only GET");
      return { headers: { "content-type": asset.type }, body: asset.body };
    }
    if (!path.startsWith("/api/")) return text(404, "there is no such page");
    if (!this.access.allows(request)) {
      return text(401, "the token is missing or wrong: open the address that the crawl printed");
    }
    if (path === "/api/control" && method === "POST") return this.control(request);
    if (method !== "GET") return text(405, "only GET");
    return this.tellAbout(path.slice("/api/".length), new URL(request.url).searchParams);
  }

  private tellAbout(name: string, asked: URLSearchParams): Answer {
    if (name === "events") return this.stream();
    if (name === "stack") {
      const [id, url] = [Number(asked.get("id")), asked.get("url") ?? ""];
      return json(this.monitor.stack(id, url));
    }
    const panel = PANELS.find((panel) => panel === name);
    if (panel === undefined) return text(404, "there is no such panel");
    return json(this.monitor.panel(panel, queryOf(asked)));
  }

  private stream(): Answer {
    const { news } = this;
    if (news.readers >= MAX_READERS) return text(503, `there are ${MAX_READERS} readers already`);
    const { seeds } = this.crawler.options;
    const { samples, tick } = this.monitor;
    const hello: Hello = { seeds: seeds.slice(0, 100), interval: this.interval, samples, tick };
    const first = serverSentEvent("hello", hello);
    return {
      headers: { "content-type": "text/event-stream" },
      body: (function* () {
        yield first;
        yield* news.read();
      })(),
    };
  }

  private control(request: ServerRequest): Answer {
    const command = parseCommand(request.text());
    if (typeof command === "string") return text(400, command);
    this.obey(command);
    this.tell();
    return { status: 204 };
  }

  private obey(command: Command): void {
    const { frontier } = this.crawler;
    if (command.action !== "limits") return this.crawler[command.action]();
    if (command.concurrency !== undefined) frontier.concurrency = command.concurrency;
    if (command.perHost !== undefined) frontier.perHost = command.perHost;
  }

  private end(): End {
    const { monitor } = this;
    const panels = PANELS.map((name) => [name, monitor.panel(name, DEFAULT_QUERIES[name])]);
    return { tick: monitor.tick, panels: Object.fromEntries(panels) as Panels };
  }
}

interface Answer extends ServerResponse {
  readonly headers?: Readonly<Record<string, string>>;
}

const PANELS = ["greenlets", "hosts", "failures", "skips", "graph"] as const;

const FIRST = { filter: "", descending: true, limit: MAX_ROWS };
const DEFAULT_QUERIES: Record<keyof Panels, Query> = {
  greenlets: { ...FIRST, sort: "age" },
  hosts: { ...FIRST, sort: "pages" },
  failures: { ...FIRST, sort: "at" },
  skips: { ...FIRST, sort: "count" },
  graph: { ...FIRST, sort: "pages" },
};

function queryOf(asked: URLSearchParams): Query {
  const limit = Number(asked.get("limit") ?? MAX_ROWS);
  return {
    filter: asked.get("filter") ?? "",
    sort: asked.get("sort") ?? "",
    descending: asked.get("descending") === "true",
    limit: Number.isInteger(limit) ? Math.min(Math.max(limit, 1), MAX_ROWS) : MAX_ROWS,
  };
}

function json(value: unknown): Answer {
  return { headers: { "content-type": "application/json" }, body: JSON.stringify(value) };
}

function text(status: number, message: string): Answer {
  return { status, headers: { "content-type": "text/plain; charset=utf-8" }, body: `${message}\n` };
}
