import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as later } from "node:timers/promises";
import { onTestFinished } from "vitest";

/** A site of several hosts, and what a crawl of it must find. */
export interface HostsSite {
  readonly seed: string;
  /** What the records must name as `url`, each once. */
  readonly urls: readonly string[];
  /** Those of them that are pages, where redirects led. */
  readonly pages: readonly string[];
  /** All that was asked for, but robots.txt. */
  readonly requests: string[];
  /** Requests to one host at once, the most that there were. */
  readonly most: number;
}

/**
 * Serves `count` pages on each of several hosts of the loopback network. Each tenth is reached only
 * by a redirect from the host before.
 *
 * @param ms how long each answer takes
 */
export async function serveHosts(hosts: number, count: number, ms = 3): Promise<HostsSite> {
  const inFlight = new Map<string, number>();
  const requests: string[] = [];
  let most = 0;
  const listener: RequestListener = (request, response) => {
    const host = request.headers.host!;
    const now = (inFlight.get(host) ?? 0) + 1;
    inFlight.set(host, now);
    most = Math.max(most, now);
    if (request.url !== "/robots.txt") requests.push(`http://${host}${request.url}`);
    void later(ms).then(() => {
      inFlight.set(host, inFlight.get(host)! - 1);
      answer(request.url!, host);
    });
    const answer = (path: string, of: string): void => {
      const [, kind, number] = path.split("/");
      const [i, h] = [Number(number), Number(of.split(":")[0]!.split(".").at(-1)) - 1];
      if (kind === "moved") {
        response.writeHead(302, { location: `${origin((h + 1) % hosts)}/page/${i}` }).end();
      } else if (kind === "page") {
        const near = [i + 1, i + 2, (i * 7) % count, (i * 31) % count].filter((to) => to < count);
        const links = [...near.map((to) => link(h, to)), link((h + 1) % hosts, i % count)];
        response.setHeader("content-type", "text/html");
        response.end(links.map((to) => `<a href="${to}">`).join(""));
      } else response.writeHead(404).end();
    };
  };
  const listen = async (address: string, port: number): Promise<number> => {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(port, address, resolve));
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    return (server.address() as AddressInfo).port;
  };
  const port = await listen("127.0.0.1", 0);
  for (let h = 1; h < hosts; h++) await listen(`127.0.0.${h + 1}`, port);
  const origin = (h: number): string => `http://127.0.0.${h + 1}:${port}`;
  const link = (h: number, i: number): string =>
    `${origin(h)}/${i % 10 === 9 ? "moved" : "page"}/${i}`;
  const all = Array.from({ length: hosts * count }, (_, n) => [n % hosts, Math.floor(n / hosts)]);
  return {
    seed: `${origin(0)}/page/0`,
    urls: all.map(([h, i]) => link(h!, i!)).sort(),
    pages: all.map(([h, i]) => `${origin(h!)}/page/${i}`).sort(),
    requests,
    get most() {
      return most;
    },
  };
}
