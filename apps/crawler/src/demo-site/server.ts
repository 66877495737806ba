import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Writable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { RequestLog } from "./log.js";
import { Plan } from "./plan.js";
import { type Rendered, renderBomb, renderPage } from "./render.js";
import type { PageRoute, RawRoute, Route } from "./route.js";

export interface DemoSiteOptions {
  readonly pagesPerHost?: number;
  /** Factor for all latencies. */
  readonly latency?: number;
  /** The port that is tried first; default: any that is free. */
  readonly port?: number | undefined;
}

/**
 * Serves the demo site: one listener for each loopback address, all on one port. This is plain Node
 * code with plain callbacks, so that nothing of what it is there to test can hide in it.
 */
export class DemoSite {
  readonly plan: Plan;
  readonly log: RequestLog = new RequestLog();
  private readonly latency: number;
  private readonly servers: Server[] = [];
  private readonly rendered = new Map<Route, Rendered>();

  private constructor(plan: Plan, latency: number) {
    this.plan = plan;
    this.latency = latency;
  }

  /** Starts the site on a port that is free on all its addresses. */
  static async start(options: DemoSiteOptions = {}): Promise<DemoSite> {
    const { pagesPerHost = 100, latency = 1 } = options;
    for (let attempt = 0; ; attempt++) {
      // A site whose crawl was killed just now may need a moment to end.
      if (attempt > 0) await pause(100);
      const port = attempt < 5 && options.port ? options.port : await freePort();
      const site = new DemoSite(new Plan({ port, pagesPerHost }), latency);
      try {
        await Promise.all(site.plan.hosts.map((host) => site.listen(new URL(host).hostname, port)));
        return site;
      } catch (error) {
        site.close();
        if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE" || attempt >= 10) throw error;
      }
    }
  }

  close(): void {
    for (const server of this.servers) {
      server.close();
      server.closeAllConnections();
    }
  }

  private listen(address: string, port: number): Promise<void> {
    const server = createServer((request, response) => this.answer(request, response));
    // Longer than any client keeps a connection: closing one just as it is used would look like a
    // failure.
    server.keepAliveTimeout = 120_000;
    this.servers.push(server);
    return new Promise((resolve, reject) => {
      server.once("error", reject).listen(port, address, 1024, resolve);
    });
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const origin = `http://${request.socket.localAddress}:${this.plan.port}`;
    const url = `${origin}${request.url}`;
    const before = this.log.begin(origin, url);
    response.once("close", () => this.log.end(origin));
    const respond = (): void => {
      if (request.url === "/robots.txt") this.sendRobots(origin, response);
      else this.send(this.plan.route(url), before, response);
    };
    setTimeout(respond, this.plan.latency(url) * this.latency);
  }

  private sendRobots(origin: string, response: ServerResponse): void {
    const robots = this.plan.robots.get(origin) ?? 404;
    if (typeof robots === "number") return sendStatus(response, robots);
    response.writeHead(200, { "content-type": "text/plain" }).end(robots);
  }

  private send(route: Route | undefined, before: number, response: ServerResponse): void {
    switch (route?.kind) {
      case undefined:
        return sendStatus(response, 404);
      case "page":
        return this.sendPage(route, before, response);
      case "redirect":
        return void response.writeHead(route.status, { location: route.location }).end();
      case "status":
        return sendStatus(response, route.status);
      case "file":
        return void response
          .writeHead(200, { "content-type": route.contentType })
          .end(Buffer.alloc(route.size));
      case "reset":
        return void response.socket?.resetAndDestroy();
      case "bomb":
        return this.sendRendered(route, () => renderBomb(route), response);
      case "raw":
        return sendRaw(route, response);
      case "endless":
        return sendEndlessly(response);
    }
  }

  private sendPage(route: PageRoute, before: number, response: ServerResponse): void {
    if (before >= (route.failures ?? 0)) {
      return this.sendRendered(route, () => renderPage(route), response);
    }
    if (route.retryAfter !== undefined) response.setHeader("retry-after", route.retryAfter);
    sendStatus(response, route.status ?? 500);
  }

  private sendRendered(route: Route, render: () => Rendered, response: ServerResponse): void {
    let rendered = this.rendered.get(route);
    if (rendered === undefined) this.rendered.set(route, (rendered = render()));
    const { headers, body } = rendered;
    response.writeHead(200, { ...headers, "content-length": body.length }).end(body);
  }
}

function sendStatus(response: ServerResponse, status: number): void {
  response.writeHead(status, { "content-type": "text/html" }).end(`<h1>${status}</h1>\n`);
}

/** A page that goes on for as long as somebody reads. */
function sendEndlessly(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/html" });
  repeat("<p>and so on</p>\n", response);
}

function sendRaw({ bytes, again }: RawRoute, { socket }: ServerResponse): void {
  if (again === undefined) return void socket?.end(bytes, "latin1");
  socket?.write(bytes, "latin1");
  if (socket !== null) repeat(again, socket);
}

function repeat(text: string, stream: Writable): void {
  const chunk = Buffer.from(text.repeat(Math.ceil(64_000 / text.length)));
  const more = (): void => {
    while (!stream.destroyed && stream.write(chunk));
  };
  stream.on("drain", more);
  more();
}

function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
