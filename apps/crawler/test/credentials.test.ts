import { run } from "greenlit";
import { describe, expect, it } from "vitest";
import { Cookies } from "../src/cookies.js";
import { crawl } from "../src/crawler.js";
import { Credentials } from "../src/credentials.js";
import type { CrawlOptions } from "../src/options.js";
import { serve } from "./server.js";

describe("Credentials", () => {
  it("are for the origins that the user named, and for nobody else", () => {
    const cookies = new Cookies();
    const options = { headers: { "x-key": "1" }, auth: "Aladdin:open sesame", cookie: "a=1; b=2" };
    const credentials = new Credentials(options, cookies);
    credentials.allow(new URL("https://a.example:8443/deep/page"));
    const sent = (url: string): object => credentials.for(new URL(url));
    expect(sent("https://a.example:8443/other")).toEqual({
      "x-key": "1",
      authorization: "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", // the example of RFC 7617
    });
    for (const url of ["http://a.example:8443/", "https://a.example/", "https://b.a.example:8443/"])
      expect(sent(url), url).toEqual({});
    expect(cookies.header(new URL("https://a.example:8443/"))).toBe("a=1; b=2");
    expect(cookies.header(new URL("https://b.a.example:8443/"))).toBe("");
  });

  it("are nothing when there are none", () => {
    const credentials = new Credentials({ headers: {}, auth: null, cookie: null }, null);
    credentials.allow(new URL("https://a.example/"));
    expect(credentials.for(new URL("https://a.example/"))).toEqual({});
  });
});

describe("a crawl with credentials", () => {
  it("sends them to its seeds, and not where links and redirects lead", async () => {
    const seen: unknown[] = [];
    const note = (name: string, url = "", headers: NodeJS.Dict<string | string[]>): void =>
      void seen.push([
        name + url,
        headers.authorization,
        headers["x-key"],
        headers.cookie,
        headers.from,
      ]);
    const other = await serve(({ url, headers }, response) => {
      note("other", url, headers);
      response.setHeader("content-type", "text/html");
      if (url === "/robots.txt") response.writeHead(404);
      response.end();
    });
    const { origin } = await serve(({ url, headers }, response) => {
      note("seed", url, headers);
      response.setHeader("content-type", "text/html");
      if (url === "/robots.txt") response.writeHead(404);
      if (url === "/away") response.writeHead(302, { location: `${other.origin}/redirected` });
      response.end(url === "/" ? `<a href=/away><a href=${other.origin}/linked>` : "");
    });
    const options: CrawlOptions = {
      seeds: [origin],
      scope: "any",
      perHost: 1,
      auth: "user:pass",
      headers: { "X-Key": "secret" },
      publicHeaders: { From: "me@example.org" },
      cookie: "session=1",
    };
    await run(() => crawl(options));
    const basic = `Basic ${Buffer.from("user:pass").toString("base64")}`;
    const known = [basic, "secret", "session=1", "me@example.org"];
    // Cookies belong to a host, whatever its port (RFC 6265, section 8.5); the rest does not.
    const unknown = [undefined, undefined, "session=1", "me@example.org"];
    expect(seen.toSorted()).toEqual(
      [
        ...["/", "/away", "/robots.txt"].map((path) => [`seed${path}`, ...known]),
        ...["/linked", "/redirected", "/robots.txt"].map((path) => [`other${path}`, ...unknown]),
      ].toSorted(),
    );
  });
});
