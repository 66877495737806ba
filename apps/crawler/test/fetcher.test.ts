import type { IncomingMessage } from "node:http";
import { run } from "greenlit";
import { describe, expect, it, onTestFinished } from "vitest";
import { AddressGuard } from "../src/address-guard.js";
import { Client, type ClientOptions } from "../src/client.js";
import { errorCode } from "../src/errors.js";
import { Fetcher, type Gate, type Page } from "../src/fetcher.js";
import { serve, site } from "./server.js";

function fetcher(options: Partial<ClientOptions> = {}, obeysNofollow = true): Fetcher {
  const client = new Client({
    userAgent: "TestBot/1",
    timeout: 5_000,
    bodyLimit: 10_000,
    guard: new AddressGuard(true),
    ...options,
  });
  onTestFinished(() => run(() => client.close()));
  return new Fetcher(client, { obeysNofollow, token: "TestBot" });
}

const open: Gate = () => null;
const fetch = (url: string, options: Partial<ClientOptions> = {}, gate = open): Promise<Page> =>
  run(() => fetcher(options).fetch(url, gate));

/** The code of the error a fetch ends with. */
const failure = async (url: string, options: Partial<ClientOptions> = {}): Promise<string> =>
  fetch(url, options).then(() => "no error", errorCode);

const redirect = (
  location: string,
  status = 302,
): { status: number; headers: { location: string } } => ({
  status,
  headers: { location },
});

describe("Fetcher", () => {
  it("looks into style sheets where it is asked what they refer to", async () => {
    const css = { status: 200, headers: { "content-type": "text/css" }, body: "a{b:url(c.png)}" };
    const { origin } = await serve(site({ "/a.css": css }));
    const client = new Client({
      userAgent: "T/1",
      timeout: 5_000,
      bodyLimit: 1e6,
      guard: new AddressGuard(true),
    });
    const pages = await run(() => {
      try {
        return [true, false].map((inventory) => {
          const fetcher = new Fetcher(client, { obeysNofollow: true, token: "T", inventory });
          return fetcher.fetch(`${origin}/a.css`, open);
        });
      } finally {
        client.close();
      }
    });
    expect(pages.map(({ parsed, links }) => [parsed, links])).toEqual([
      [false, []],
      [false, []],
    ]);
    expect(pages.map(({ inventory }) => inventory?.references)).toEqual([
      [{ kind: "style", href: `${origin}/c.png`, line: 1 }],
      undefined,
    ]);
  });

  it("fetches a page and finds its title and links", async () => {
    const html =
      "<title>T</title><link rel=canonical href=/c><meta name=robots content=noindex>" +
      "<a href=/a>a</a><a href=b rel=nofollow>b</a>";
    const { origin } = await serve(site({ "/dir/": html }));
    expect(await fetch(`${origin}/dir/`)).toEqual({
      url: `${origin}/dir/`,
      finalUrl: `${origin}/dir/`,
      status: 200,
      contentType: "text/html",
      bytes: html.length,
      title: "T",
      canonical: `${origin}/c`,
      noindex: true,
      links: [
        { href: `${origin}/a`, nofollow: false },
        { href: `${origin}/dir/b`, nofollow: true },
      ],
      text: html,
      parsed: true,
      xml: false,
      droppedLinks: 0,
      fingerprint: expect.any(Number) as number,
      inventory: null,
      retryAfter: null,
      stopped: null,
    });
  });

  it("learns from a header, too, what is not to be found", async () => {
    const headers = { "x-robots-tag": "otherbot: none, testbot: noindex" };
    const { origin } = await serve(site({ "/": { status: 200, headers }, "/b": "" }));
    const found = await Promise.all(["/", "/b"].map((path) => fetch(origin + path)));
    expect(found.map(({ noindex }) => noindex)).toEqual([true, false]);
  });

  it("says who it is and what it can read", async () => {
    const { origin } = await serve((request, response) => {
      response.setHeader("content-type", "text/html");
      response.end(
        `<title>${request.headers["user-agent"]}|${request.headers["accept-encoding"]}</title>`,
      );
    });
    expect((await fetch(origin)).title).toBe("TestBot/1|gzip, deflate, br");
  });

  it("parses HTML only, and only what was found", async () => {
    const { origin } = await serve(
      site({
        "/text": { status: 200, headers: { "content-type": "text/plain" }, body: "<a href=/x>" },
        "/xhtml": {
          status: 200,
          headers: { "content-type": "Application/XHTML+XML; x" },
          body: "<a href='/x'/>",
        },
        "/404": { status: 404, body: "<a href=/x>" },
      }),
    );
    expect((await fetch(`${origin}/text`)).links).toEqual([]);
    expect((await fetch(`${origin}/xhtml`)).links).toHaveLength(1);
    expect(await fetch(`${origin}/404`)).toMatchObject({ status: 404, links: [], bytes: 11 });
  });

  it("obeys X-Robots-Tag, unless told not to", async () => {
    const page = {
      status: 200,
      headers: { "x-robots-tag": "noindex, nofollow" },
      body: "<a href=/x>",
    };
    const { origin } = await serve(site({ "/": page }));
    expect((await fetch(origin)).links[0]!.nofollow).toBe(true);
    const ignoring = await run(() => fetcher({}, false).fetch(origin, open));
    expect(ignoring.links[0]!.nofollow).toBe(false);
  });

  it.each([301, 302, 303, 307, 308])("follows a %i through the gate", async (status) => {
    const { origin } = await serve(
      site({ "/a": redirect("b#part", status), "/b": "<title>B</title>" }),
    );
    const asked: string[] = [];
    const page = await fetch(`${origin}/a`, {}, (target) => {
      asked.push(target.href);
      return null;
    });
    expect(page).toMatchObject({
      url: `${origin}/a`,
      finalUrl: `${origin}/b`,
      status: 200,
      title: "B",
    });
    expect(asked).toEqual([`${origin}/b`]);
  });

  it("stops where the gate says so, and makes no request", async () => {
    const server = await serve(site({ "/a": redirect("/b") }));
    const page = await fetch(`${server.origin}/a`, {}, () => "robots");
    expect(page).toMatchObject({ finalUrl: `${server.origin}/b`, status: 302, stopped: "robots" });
    expect(server.requests).toEqual(["/a"]);
  });

  it("follows ten redirects and not eleven", async () => {
    const chain = (request: IncomingMessage): string => `/${Number(request.url!.slice(1)) - 1}`;
    const { origin } = await serve((request, response) => {
      if (request.url === "/0") response.end();
      else response.writeHead(302, { location: chain(request) }).end();
    });
    expect((await fetch(`${origin}/10`)).finalUrl).toBe(`${origin}/0`);
    expect(await failure(`${origin}/11`)).toBe("too-many-redirects");
  });

  it("recognises circles and redirects to nowhere", async () => {
    const { origin } = await serve(
      site({
        "/self": redirect("/self"),
        "/a": redirect("/b"),
        "/b": redirect("/a#again"),
        "/mail": redirect("mailto:a@b"),
        "/bad": redirect("http://["),
        "/none": { status: 302 },
        "/304": { status: 304, headers: { location: "/x" } },
      }),
    );
    expect(await failure(`${origin}/self`)).toBe("redirect-loop");
    expect(await failure(`${origin}/a`)).toBe("redirect-loop");
    expect(await failure(`${origin}/mail`)).toBe("bad-redirect");
    expect(await failure(`${origin}/bad`)).toBe("bad-redirect");
    expect((await fetch(`${origin}/none`)).status).toBe(302);
    expect((await fetch(`${origin}/304`)).status).toBe(304);
  });

  it("reads Retry-After", async () => {
    const { origin } = await serve(site({ "/": { status: 503, headers: { "retry-after": "7" } } }));
    expect(await fetch(origin)).toMatchObject({ status: 503, retryAfter: 7_000 });
  });

  it("gives up on bodies that are too large, said so or not", async () => {
    const { origin } = await serve((request, response) => {
      response.setHeader("content-type", "text/html");
      if (request.url === "/said") response.setHeader("content-length", 10_001);
      const more = (): void =>
        void (response.destroyed || (response.write("x".repeat(1_000)), setTimeout(more, 1)));
      more();
    });
    expect(await failure(`${origin}/said`)).toBe("body-too-large");
    expect(await failure(`${origin}/endless`)).toBe("body-too-large");
  });

  it("does not receive the whole of a body that it does not parse", async () => {
    const { origin } = await serve((_request, response) => {
      response.setHeader("content-type", "image/png");
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(10_000)));
      };
      response.on("drain", more);
      more();
    });
    const { status, bytes } = await fetch(origin);
    expect(status).toBe(200);
    expect(bytes).toBeLessThan(1_000_000);
  });

  it("gives up in time, wherever the server stops", async () => {
    const { origin } = await serve((request, response) => {
      response.setHeader("content-type", "text/html");
      if (request.url === "/headers") return;
      const drip = (): void =>
        void (response.destroyed || (response.write("x"), setTimeout(drip, 20)));
      drip();
    });
    for (const path of ["/headers", "/drip"]) {
      expect(await failure(origin + path, { timeout: 200 }), path).toBe("timeout");
    }
  });

  it("has a limit for each part of a request, and says which it was", async () => {
    const { origin } = await serve((request, response) => {
      if (request.url === "/headers") return;
      response.writeHead(200, { "content-type": "text/html" }).write("<p>");
    });
    const limits = { timeout: 60_000, headersTimeout: 100, bodyTimeout: 120 };
    const message = (path: string): Promise<unknown> =>
      fetch(origin + path, limits).catch((error: Error) => error.message);
    expect(await message("/headers")).toBe("an answer did not come within 100 ms");
    expect(await message("/body")).toBe("nothing more of the body came for 120 ms");
    expect(await failure(`${origin}/headers`, limits)).toBe("timeout");
  });

  it("names what the network does", async () => {
    const { origin } = await serve((request, response) => {
      if (request.url === "/reset") response.socket!.resetAndDestroy();
      else if (request.url === "/close") response.socket!.end();
      else if (request.url === "/garbage") response.socket!.end("this is not HTTP\r\n\r\n");
      else {
        response.writeHead(200, { "content-type": "text/html", "content-length": 100 });
        response.write("short", () => response.socket!.destroy());
      }
    });
    expect(await failure(`${origin}/reset`)).toBe("connection-reset");
    expect(await failure(`${origin}/close`)).toBe("connection-reset");
    expect(await failure(`${origin}/cut`)).toBe("connection-reset");
    expect(await failure(`${origin}/garbage`)).toBe("protocol");
    expect(await failure("http://127.0.0.1:9/")).toBe("connection-refused");
    expect(await failure("http://does-not-exist.invalid/")).toBe("dns");
  });

  it("refuses private addresses: written, resolved, and redirected to", async () => {
    const server = await serve(site({ "/": redirect("http://localhost:9/") }));
    const guard = new AddressGuard(false);
    expect(await failure(server.origin, { guard })).toBe("private-address");
    expect(await failure(server.origin.replace("127.0.0.1", "localhost"), { guard })).toBe(
      "private-address",
    );
    expect(server.requests).toEqual([]);
    guard.allow(new URL(server.origin));
    // Where it redirects to.
    expect(await failure(server.origin, { guard })).toBe("private-address");
  });
});
