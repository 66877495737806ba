import { setTimeout as later } from "node:timers/promises";
import { serve } from "./server.js";

/** A site of many pages, and what a crawl of it must find. */
export interface LargeSite {
  readonly seed: string;
  /** What the records must name as `url`, each once. */
  readonly urls: readonly string[];
  /** Those of them that are pages, where redirects led. */
  readonly pages: readonly string[];
  readonly requests: readonly string[];
}

/**
 * Serves `count` pages, each of which links to the next two and three of any; each tenth is reached
 * by a redirect only, and beside each seventh there is one that is missing.
 *
 * @param ms how long each answer takes
 */
export async function serveLargeSite(count: number, ms = 3): Promise<LargeSite> {
  const isMoved = (i: number): boolean => i % 10 === 9;
  const link = (i: number): string => (isMoved(i) ? `/moved/${i}` : `/page/${i}`);
  const { origin, requests } = await serve((request, response) => {
    const [, kind, number] = request.url!.split("/");
    const i = Number(number);
    void later(ms).then(() => {
      response.setHeader("content-type", "text/html");
      if (kind === "moved") return response.writeHead(302, { location: `/page/${i}` }).end();
      if (kind !== "page") return response.writeHead(404).end();
      const next = [i + 1, i + 2, (i * 7) % count, (i * 31) % count, (i * 97) % count];
      const links = next.filter((to) => to < count).map(link);
      if (i % 7 === 0) links.push(`/missing/${i}`);
      return response.end(`<title>${i}</title>${links.map((to) => `<a href=${to}>`).join("")}`);
    });
  });
  const all = Array.from({ length: count }, (_, i) => i);
  return {
    seed: `${origin}/page/0`,
    urls: [
      ...all.map((i) => origin + link(i)),
      ...all.filter((i) => i % 7 === 0).map((i) => `${origin}/missing/${i}`),
    ].sort(),
    pages: all.map((i) => `${origin}/page/${i}`).sort(),
    requests,
  };
}
