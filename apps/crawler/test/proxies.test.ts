import { createServer, type IncomingMessage, request } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { run } from "greenlit";
import { describe, expect, it, onTestFinished } from "vitest";
import { crawl } from "../src/crawler.js";
import type { PageRecord } from "../src/output.js";
import { Proxies } from "../src/proxies.js";
import { serve, site } from "./server.js";

describe("Proxies", () => {
  const through = (url: string, proxy: string | null, environment = {}): string | null =>
    new Proxies(proxy, environment).for(new URL(url));

  it("has one for everything, or none, whatever the environment says", () => {
    const environment = { HTTP_PROXY: "http://e.example", NO_PROXY: "*" };
    expect(through("http://a.example", "http://p.example:3128", environment)).toBe(
      "http://p.example:3128/",
    );
    expect(through("https://a.example", "p.example:3128")).toBe("http://p.example:3128/");
    expect(through("http://127.0.0.1", "p.example:3128")).toBe("http://p.example:3128/");
    expect(through("http://a.example", null, environment)).toBeNull();
  });

  it("does what the environment says, as curl", () => {
    const environment = {
      http_proxy: "http://user:secret@lower.example:1/",
      HTTP_PROXY: "http://upper.example:1/",
      HTTPS_PROXY: "secure.example:2",
    };
    const chosen = (url: string): string | null => through(url, "environment", environment);
    expect(chosen("http://a.example")).toBe("http://user:secret@lower.example:1/");
    expect(chosen("https://a.example")).toBe("http://secure.example:2/");
    expect(through("http://a.example", "environment", {})).toBeNull();
    expect(through("http://a.example", "environment", { ALL_PROXY: "http://all.example" })).toBe(
      "http://all.example/",
    );
    expect(new Proxies("environment", environment).names).toEqual([
      "http://lower.example:1",
      "http://secure.example:2",
    ]);
  });

  it.each([
    ["http://a.example", "a.example", true],
    ["http://sub.a.example", "a.example", true],
    ["http://sub.a.example", ".a.example, b.example", true],
    ["http://b.example", ".a.example  b.example", true],
    ["http://sub.a.example", "*.a.example", true],
    ["http://A.example", "A.EXAMPLE", true],
    ["http://nota.example", "a.example", false],
    ["http://a.example:8080", "a.example:8080", true],
    ["http://a.example:8081", "a.example:8080", false],
    ["https://a.example", "a.example:443", true],
    ["http://10.0.0.9", "10.0.0.0/8", true],
    ["http://11.0.0.9", "10.0.0.0/8", false],
    ["http://[2001:db8::1]:80", "2001:db8::/32", true],
    ["http://[2001:db9::1]:80", "2001:db8::/32,10.0.0.0/8", false],
    ["http://localhost:8080", "", true],
    ["http://127.0.0.9:8080", "", true],
    ["http://[::1]:8080", "", true],
    ["http://a.example", "127.0.0.0/8,nonsense/x", false],
    ["http://a.example", "*", true],
    ["http://a.example", "", false],
  ])("goes to %s without a proxy when NO_PROXY is %j: %s", (url, exceptions, isDirect) => {
    const environment = { HTTP_PROXY: "http://p.example", HTTPS_PROXY: "http://p.example" };
    const proxy = through(url, "environment", { ...environment, NO_PROXY: exceptions });
    expect(proxy === null).toBe(isDirect);
  });

  it("refuses what is no HTTP proxy, and names where it stands", () => {
    expect(() => new Proxies("socks5://p.example")).toThrow("proxy must be the URL of an HTTP");
    expect(() => new Proxies("environment", { HTTP_PROXY: "http://" })).toThrow("HTTP_PROXY must");
  });
});

interface TestProxy {
  readonly url: string;
  /** What it was asked for: method, URL, credentials. */
  readonly asked: string[];
}

/** A proxy for one test, for HTTP and for tunnels. @param answer to say instead of passing on */
async function proxy(answer?: number): Promise<TestProxy> {
  const asked: string[] = [];
  const note = ({ method, url, headers }: IncomingMessage): void =>
    void asked.push(`${method} ${url} ${headers["proxy-authorization"] ?? "-"}`);
  const server = createServer((incoming, outgoing) => {
    note(incoming);
    if (answer !== undefined) return void outgoing.writeHead(answer).end();
    const { "proxy-authorization": _, ...headers } = incoming.headers;
    incoming.pipe(
      request(incoming.url!, { method: incoming.method, headers }, (response) => {
        outgoing.writeHead(response.statusCode!, response.headers);
        response.pipe(outgoing);
      }),
    );
  });
  server.on("connect", (incoming: IncomingMessage, socket) => {
    note(incoming);
    if (answer !== undefined) return void socket.end(`HTTP/1.1 ${answer} No\r\n\r\n`);
    const { hostname, port } = new URL(`http://${incoming.url}`);
    const far = connect(Number(port), hostname, () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      far.pipe(socket).pipe(far);
    });
    for (const end of [far, socket]) end.on("error", () => end.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

async function records(seed: string, through: string): Promise<PageRecord[]> {
  const found: PageRecord[] = [];
  const output = { write: (record: PageRecord): void => void found.push(record) };
  await run(() => crawl({ seeds: [seed], proxy: through, robots: false, retries: 0, output }));
  return found;
}

describe("a crawl through a proxy", () => {
  it("asks the proxy for what is HTTP, with the credentials of its URL", async () => {
    const { origin } = await serve(site({ "/": "<title>Far</title><a href=/a>", "/a": "" }));
    const { url, asked } = await proxy();
    expect(await records(origin, `http://us%20er:pass%3A@${url}`)).toMatchObject([
      { status: 200, title: "Far" },
      { status: 200 },
    ]);
    const credentials = `Basic ${Buffer.from("us er:pass:").toString("base64")}`;
    expect(asked).toEqual([`GET ${origin}/ ${credentials}`, `GET ${origin}/a ${credentials}`]);
  });

  it("goes through a tunnel to what is HTTPS", async () => {
    const { origin } = await serve(site({ "/": "" }));
    const { url, asked } = await proxy();
    const secure = origin.replace("http:", "https:");
    // The server speaks no TLS: what matters is who was asked.
    expect(await records(secure, `http://user@${url}`)).toMatchObject([{ error: "tls" }]);
    const credentials = `Basic ${Buffer.from("user:").toString("base64")}`;
    expect(asked).toEqual([`CONNECT ${secure.replace("https://", "")} ${credentials}`]);
  });

  it.each(["http", "https"])("says when the proxy wants a password, for %s", async (scheme) => {
    const { url } = await proxy(407);
    const [record] = await records(`${scheme}://127.0.0.1:1/`, `http://${url}`);
    expect(record).toMatchObject({ error: "proxy", status: null });
    expect(record!.message).toBe(
      `the proxy ${url} answered 407: it wants a name and a password, http://name:password@host`,
    );
  });

  it.each(["http", "https"])("says when there is no proxy, for %s", async (scheme) => {
    const [record] = await records(`${scheme}://127.0.0.1:1/`, "http://127.0.0.1:9");
    expect(record).toMatchObject({ error: "proxy" });
    expect(record!.message).toContain("the proxy 127.0.0.1:9 cannot be reached: ");
    expect(record!.message).toContain("ECONNREFUSED");
  });
});
