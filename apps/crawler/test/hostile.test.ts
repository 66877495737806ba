// Servers that mean harm, or break the rules so that they seem to: each costs the crawl its own
// page at most, and little time.
import { execFile } from "node:child_process";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { run } from "greenlit";
import { describe, expect, it } from "vitest";
import { crawl } from "../src/crawler.js";
import type { CrawlOptions } from "../src/options.js";
import type { PageRecord } from "../src/output.js";
import { type RawAnswer, response, serveRaw } from "./raw-server.js";

interface Outcome {
  /** What became of `/`: an error code, or its status. */
  readonly outcome: string | number | null;
  readonly record: PageRecord;
  readonly requests: string[];
}

/** Crawls a site whose first page is answered like this, and others with an empty one. */
async function visit(answer: RawAnswer, options: Partial<CrawlOptions> = {}): Promise<Outcome> {
  const leaf = response(["Content-Type: text/html"]);
  const { origin, requests } = await serveRaw((path) => (path === "/" ? answer : leaf));
  const records: PageRecord[] = [];
  const output = { write: (record: PageRecord): void => void records.push(record) };
  const all = { seeds: [origin], output, retries: 0, timeout: 20_000, ...options };
  await run(() => crawl(all));
  const record = records.find(({ url }) => url === `${origin}/`)!;
  const pages = requests.filter((path) => path !== "/robots.txt");
  return { outcome: record.error ?? record.status, record, requests: pages };
}

const PAGE = '<a href="/next">next</a>';
const HTML = "Content-Type: text/html";
const page = (...headers: string[]): string =>
  response([HTML, ...headers], PAGE).toString("latin1");
const continued = `HTTP/1.1 100 Continue\r\n\r\n${page()}`;
const chunked = (chunks: string): string =>
  `HTTP/1.1 200 OK\r\n${HTML}\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`;
const closing = (bytes: string) => (socket: Socket) => void socket.end(bytes, "latin1");

/** Sends the beginning, then the rest again and again for as long as somebody reads. */
const endless = (begin: string, rest: string) => (socket: Socket) => {
  const chunk = rest.repeat(Math.ceil(65_536 / rest.length));
  const more = (): void => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.write(begin);
  socket.on("drain", more);
  more();
};
/** Sends the beginning, then a byte now and then. */
const dripping = (begin: string) => (socket: Socket) => {
  socket.write(begin);
  const timer = setInterval(() => socket.write("x"), 50);
  socket.on("close", () => clearInterval(timer));
};

describe("an answer that is not quite HTTP", () => {
  it.each<[string, string]>([
    ["100 Continue, which nobody asked for", continued],
    ["two of them", `HTTP/1.1 100 Continue\r\n\r\n${continued}`],
    ["102 Processing", `HTTP/1.1 102 Processing\r\n\r\n${page()}`],
    ["early hints", `HTTP/1.1 103 Early Hints\r\nLink: </s>; rel=preload\r\n\r\n${page()}`],
    ["line feeds alone", page().replaceAll("\r\n", "\n")],
    ["a null byte in a header", page("X: a\0b")],
    ["a header of two lines", page("X: a\r\n b")],
    ["no reason phrase", page().replace(" OK", "")],
    ["a header of 200 KB", page(`X: ${"y".repeat(200_000)}`)],
    ["__proto__ for a header", page("__proto__: a", "constructor: b")],
    ["more than it announced", `${page()}${"GARBAGE".repeat(100)}`],
    ["another answer behind the first", `${page()}${page().replace("next", "evil")}`],
    ["chunks with extensions and trailers", chunked(`18;x=y\r\n${PAGE}\r\n0\r\nX: 1\r\n\r\n`)],
  ])("is read: %s", async (_, bytes) => {
    const { outcome, requests } = await visit(Buffer.from(bytes, "latin1"));
    expect(outcome).toBe(200);
    expect(new Set(requests)).toEqual(new Set(["/", "/next"]));
  });

  it("is asked for twice the first time, and once where the host is known for it", async () => {
    const link = response([HTML], '<a href="/1"><a href="/2">').toString();
    const { origin, requests } = await serveRaw((path) =>
      path === "/" ? `HTTP/1.1 100 Continue\r\n\r\n${link}` : continued,
    );
    await run(() => crawl({ seeds: [origin], perHost: 1, retries: 0 }));
    expect(requests).toEqual(["/robots.txt", "/", "/", "/1", "/2", "/next"]);
  });

  it.each<[string, RawAnswer, string]>([
    ["HTTP/0.9", closing(PAGE), "protocol"],
    ["no HTTP at all", closing("\x16\x03\x01\x02\0\x01"), "protocol"],
    ["a status of 0", page().replace("200", "000"), "protocol"],
    ["a status of four digits", page().replace("200", "2000"), "protocol"],
    ["nothing", closing(""), "connection-reset"],
    ["a reset", (socket) => void socket.resetAndDestroy(), "connection-reset"],
    [
      "an upgrade",
      `HTTP/1.1 101 S\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n`,
      "connection-reset",
    ],
    ["less than it announced", closing(`${page()}`.slice(0, -1)), "connection-reset"],
    ["a length below zero", page().replace("Length: 24", "Length: -1"), "protocol"],
    ["two lengths", page("Content-Length: 23"), "protocol"],
    [
      "a length beyond all numbers",
      page().replace("Length: 24", `Length: ${"9".repeat(30)}`),
      "protocol",
    ],
    ["a length of 100 GB", page().replace("Length: 24", "Length: 100000000000"), "body-too-large"],
    ["a chunk of no size", chunked(`zz\r\n${PAGE}\r\n0\r\n\r\n`), "protocol"],
    ["a chunk below zero", chunked(`-18\r\n${PAGE}\r\n0\r\n\r\n`), "protocol"],
    ["a chunk beyond all numbers", chunked(`${"f".repeat(20)}\r\n${PAGE}`), "protocol"],
    ["no last chunk", closing(chunked(`18\r\n${PAGE}\r\n`)), "connection-reset"],
    ["a header without a colon", page("Nonsense"), "protocol"],
  ])("is no page: %s", async (_, answer, code) => {
    expect(await visit(answer)).toMatchObject({ outcome: code });
  });
});

describe("an answer without end", () => {
  it.each<[string, RawAnswer, string]>([
    ["a header line", endless("HTTP/1.1 200 OK\r\nX: ", "x"), "protocol"],
    ["headers", endless("HTTP/1.1 200 OK\r\n", "X: a\r\n"), "protocol"],
    ["the name of a header", endless("HTTP/1.1 200 OK\r\n", "x"), "protocol"],
    ["trailers", endless(chunked(`18\r\n${PAGE}\r\n0\r\n`), "X: a\r\n"), "protocol"],
    ["chunks of a byte", endless(chunked(""), "1\r\nx\r\n"), "body-too-large"],
    ["a body", endless(`HTTP/1.1 200 OK\r\n${HTML}\r\n\r\n`, "<p>and so on"), "body-too-large"],
  ])("ends at a limit: %s", async (_, answer, code) => {
    const memory = process.memoryUsage().rss;
    expect(await visit(answer, { bodyLimit: 1_000_000 })).toMatchObject({ outcome: code });
    expect(process.memoryUsage().rss - memory).toBeLessThan(200e6);
  });

  it.each<[string, RawAnswer]>([
    ["a status line", endless("HTTP/1.1 200 ", "x")],
    ["line breaks before it", endless("", "\r\n")],
    ["early hints", endless("", "HTTP/1.1 103 Early Hints\r\n\r\n")],
    ["the extension of a chunk", endless(chunked("18;"), "x")],
    ["a head, byte by byte", dripping("HTTP/1.1 200 OK\r\nX: ")],
    ["a body, byte by byte", dripping(`HTTP/1.1 200 OK\r\n${HTML}\r\n\r\n`)],
    ["a body that never comes", page().slice(0, -1)],
  ])("ends when its time is over: %s", async (_, answer) => {
    const { outcome, record } = await visit(answer, { timeout: 700 });
    expect(outcome).toBe("timeout");
    expect(record.message).toContain("700 ms");
  });
});

describe("a compressed body", () => {
  const zeros = Buffer.alloc(40e6);
  const quick = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
  const times = (count: number, body: Buffer): Buffer =>
    Array.from({ length: count }).reduce((before: Buffer) => gzipSync(before), body);
  it.each<[string, Buffer, string | number]>([
    ["gzip", gzipSync(zeros), "body-too-large"],
    ["br", brotliCompressSync(zeros, quick), "body-too-large"],
    ["deflate", deflateSync(zeros), "body-too-large"],
    ["deflate", deflateRawSync(zeros), "body-too-large"],
    ["gzip, gzip", times(2, zeros), "body-too-large"],
    ["br, gzip", gzipSync(brotliCompressSync(zeros, quick)), "body-too-large"],
    ["gzip,gzip,gzip,gzip,gzip", times(5, Buffer.from(PAGE)), 200],
    ["gzip,gzip,gzip,gzip,gzip,gzip", times(6, Buffer.from(PAGE)), "bad-encoding"],
    [Array(600).fill("gzip").join(), Buffer.from(PAGE), "bad-encoding"],
    ["gzip", Buffer.from(PAGE), "bad-encoding"],
    ["gzip", Buffer.alloc(0), 200],
  ])("that would be endless is given up: %s", async (coding, body, expected) => {
    const answer = response([HTML, `Content-Encoding: ${coding}`], body);
    expect(await visit(answer)).toMatchObject({ outcome: expected });
  });
});

describe("TLS that is not to be trusted", () => {
  it("says what is wrong with it", async () => {
    const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
    const args = [path("programs/tls.mjs"), path("certificates")];
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: path("certificates/root.pem") };
    const { stdout } = await promisify(execFile)(process.execPath, args, { env });
    expect(JSON.parse(stdout)).toEqual({
      good: 404,
      "no intermediate": "tls: unable to verify the first certificate",
      expired: "tls: certificate has expired",
      "other name": expect.stringContaining("tls: Hostname/IP does not match") as unknown,
      "self-signed": "tls: self-signed certificate",
      "old version": "tls: tlsv1 alert protocol version",
      "plain HTTP": "tls: wrong version number",
      garbage: "tls: wrong version number",
      "record too long": expect.stringMatching(/^tls: /) as unknown,
      alert: expect.stringContaining("alert handshake failure") as unknown,
      "hangs up": expect.stringMatching(/^connection-reset: /) as unknown,
      silence: "connect-timeout: could not connect within 500 ms",
    });
  }, 30_000);
});

describe("a page made to keep a crawler busy", () => {
  it.each<[string, string, string[]]>([
    ["null bytes", `${"\0".repeat(1e6)}<a href=/ne\0xt><a href=/next>`, ["/", "/ne%00xt", "/next"]],
    ["invalid UTF-8", `${"\xff".repeat(1e5)}<a href='/next'>`, ["/", "/next"]],
    ["an attribute of 5 MB", `<a href="/${"x".repeat(5e6)}"><a href=/next>`, ["/", "/next"]],
    ["half a million attributes", `<p ${"a=1 ".repeat(5e5)}><a href=/next>`, ["/", "/next"]],
    ["a script for an address", `<a href=" java\nscript:alert(1)"><a href=/next>`, ["/", "/next"]],
    [
      "data for an address",
      `<a href="data:text/html,${"x".repeat(1e6)}"><a href=/next>`,
      ["/", "/next"],
    ],
    ["files", `<a href="file:///etc/passwd"><a href="FILE:/x"><a href=/next>`, ["/", "/next"]],
    ["a hundred thousand bases", `${"<base href=/b/>".repeat(1e5)}<a href=next>`, ["/", "/b/next"]],
    ["a base that is data", `<base href="data:text/html,x"><a href=next>`, ["/", "/next"]],
    ["a base that is a file", `<base href="file:///etc/"><a href=next>`, ["/", "/next"]],
    ["a base without a host", `<base href="http://["><a href=next>`, ["/", "/next"]],
  ])("is a page like others: %s", async (_, body, paths) => {
    const answer = response(
      ["Content-Type: text/html; charset=utf-8"],
      Buffer.from(body, "latin1"),
    );
    const { outcome, requests, record } = await visit(answer);
    expect(outcome).toBe(200);
    expect(requests.toSorted()).toEqual(paths.toSorted());
    expect(record.ms).toBeLessThan(5_000);
  });

  it("is what it looks like only where its server does not say", async () => {
    const png = Buffer.from(`\x89PNG\r\n\x1a\n${PAGE}`, "latin1");
    const kinds: [string[], string | Buffer, string[]][] = [
      [["Content-Type: image/png"], PAGE, ["/"]],
      [["Content-Type: text/html"], png, ["/", "/next"]],
      [[], png, ["/"]],
      [["Content-Type: image/png", "X-Content-Type-Options: nosniff"], PAGE, ["/"]],
    ];
    for (const [headers, body, expected] of kinds) {
      const { requests, outcome } = await visit(response(headers, body));
      expect([outcome, ...requests]).toEqual([200, ...expected]);
    }
  });
});

describe("a redirect to where no page is", () => {
  it.each([
    "file:///etc/passwd",
    "javascript:alert(1)",
    "data:text/html,<a href=/next>",
    "ftp://127.0.0.1/",
    "http://127.0.0.1:99999/",
    "//",
  ])("is bad: %s", async (location) => {
    const answer = `HTTP/1.1 302 Found\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`;
    expect(await visit(answer)).toMatchObject({ outcome: "bad-redirect", requests: ["/"] });
  });

  it("adds no header of its own", async () => {
    const location = "/%0d%0aX-Injected:%201";
    const answer = `HTTP/1.1 302 Found\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`;
    const { outcome, requests } = await visit(answer);
    expect([outcome, ...requests]).toEqual([200, "/", "/%0D%0AX-Injected:%201"]);
  });
});
