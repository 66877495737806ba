import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DemoSite } from "../../src/demo-site/server.js";

describe("DemoSite", () => {
  let site: DemoSite;
  beforeAll(async () => void (site = await DemoSite.start({ pagesPerHost: 3, latency: 0 })));
  afterAll(() => site.close());

  const get = (host: number, path: string): Promise<Response> =>
    fetch(site.plan.hosts[host] + path, { redirect: "manual" });

  it("answers on every host, and on loopback addresses only", async () => {
    for (const host of site.plan.hosts) {
      const response = await fetch(`${host}/p/1`);
      expect(await response.text()).toContain(`<title>Page 1 of ${host}</title>`);
    }
    await expect(fetch(`http://127.0.0.1:${site.plan.port}/`)).rejects.toThrow();
  });

  it("answers as planned", async () => {
    expect((await get(0, "/nothing")).status).toBe(404);
    const redirect = await get(1, "/r/chain/0");
    expect([redirect.status, redirect.headers.get("location")]).toEqual([301, "/r/chain/1"]);
    expect([(await get(2, "/e/flaky")).status, (await get(2, "/e/flaky")).status]).toEqual([
      500, 200,
    ]);
    const busy = await get(2, "/e/busy");
    expect([busy.status, busy.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(await (await get(4, "/robots.txt")).text()).toContain("Disallow: /private/");
    expect((await get(5, "/robots.txt")).status).toBe(503);
    expect((await get(6, "/robots.txt")).status).toBe(200);
    expect((await get(9, "/robots.txt")).status).toBe(404);
    await expect(get(2, "/e/reset")).rejects.toThrow();
    expect(await (await get(8, "/calendar?month=7000")).text()).toContain("month=7001");
    for (const coding of ["gzip", "br", "deflate"]) {
      expect(await (await get(12, `/coding/${coding}`)).text()).toContain(`/after/${coding}`);
    }
  });

  it("takes the port it is told, and another one where that is taken", async () => {
    const { port } = site.plan;
    const other = await DemoSite.start({ pagesPerHost: 3, port });
    expect(other.plan.port).not.toBe(port);
    other.close();
    const again = await DemoSite.start({ pagesPerHost: 3, port: other.plan.port });
    expect(again.plan.port).toBe(other.plan.port);
    again.close();
  });

  it("says what is no HTTP, and closes the connection", async () => {
    const talk = (host: number, path: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const { hostname, port } = new URL(site.plan.hosts[host]!);
        const socket = connect(Number(port), hostname);
        let heard = "";
        socket.setEncoding("latin1").on("data", (text) => (heard += String(text)));
        socket.once("error", reject).once("close", () => resolve(heard));
        socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
      });
    expect(await talk(15, "/sloppy/continue")).toMatch(
      /^HTTP.1.1 100 Continue\r\n\r\nHTTP.1.1 200/,
    );
    expect(await talk(16, "/hostile/no-http")).toMatch(/^<a href/);
    const response = await get(16, "/session/abc/");
    expect(await response.text()).toContain('href="/session/bd/"');
  });

  it("keeps a log", async () => {
    const before = site.log.report().requests[`${site.plan.hosts[20]}/p/2`] ?? 0;
    await Promise.all([get(20, "/p/2"), get(20, "/p/2"), get(20, "/p/3")]);
    const { requests, maxConcurrent } = site.log.report();
    expect(requests[`${site.plan.hosts[20]}/p/2`]).toBe(before + 2);
    expect(maxConcurrent[site.plan.hosts[20]!]).toBeGreaterThanOrEqual(1);
  });
});
