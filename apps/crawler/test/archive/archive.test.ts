// What an archive has in it, told by what was sent.
import { appendFileSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { run } from "greenlit";
import { describe, expect, it, onTestFinished } from "vitest";
import { crawl } from "../../src/crawler.js";
import type { CrawlOptions } from "../../src/options.js";
import type { Summary } from "../../src/summary.js";
import { temporaryFolder } from "../folder.js";
import { serve, site } from "../server.js";
import { payloadOf, readArchive, type ReadRecord, readIndex, sha1 } from "./read-archive.js";

/** Serves bytes as they are, whatever is asked. */
async function serveBytes(
  answer: (path: string, socket: Socket) => string | Buffer,
): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (data) => socket.write(answer(String(data).split(" ")[1]!, socket)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const archived = (options: CrawlOptions): Promise<Summary> =>
  run(() => crawl({ retries: 0, warc: true, ...options }));

/** Records of a type, by the path of their URL. */
function byPath(records: readonly ReadRecord[], type: RegExp): Map<string, ReadRecord> {
  const chosen = records.filter(({ fields }) => type.test(fields.get("WARC-Type")!));
  return new Map(
    chosen.map((record) => [new URL(record.fields.get("WARC-Target-URI")!).pathname, record]),
  );
}

describe("an archive", () => {
  it("has each answer with its head as it came, and its body as it was sent", async () => {
    const zipped = gzipSync("<a href=/moved>zipped");
    const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0xff]);
    const head = (type: string, more = ""): string =>
      `HTTP/1.1 200 OK\r\nSERVER: me\r\nSet-Cookie: a=1\r\nx-b:  c \r\nSet-Cookie: b=\xfc\r\n` +
      `Content-Type: ${type}\r\n${more}Connection: close\r\n\r\n`;
    const bodies: Record<string, [head: string, body: Buffer]> = {
      "/robots.txt": [
        "HTTP/1.1 404 Nothing Here\r\nContent-Length: 2\r\nConnection: close\r\n\r\n",
        Buffer.from("no"),
      ],
      "/": [
        head("text/html; charset=utf-8"),
        Buffer.from("<a href=/zip><a href=/moved><a href=/i.png><a href=/500>"),
      ],
      "/zip": [head("text/html", "Content-Encoding: gzip\r\n"), zipped],
      "/moved": [
        "HTTP/1.1 302 Found\r\nLocation: /target\r\nContent-Length: 4\r\n\r\n",
        Buffer.from("away"),
      ],
      "/target": [head("text/plain"), Buffer.from("a text")],
      "/i.png": [head("image/png", `Content-Length: ${png.length}\r\n`), png],
      "/500": [
        "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        Buffer.alloc(0),
      ],
    };
    const origin = await serveBytes((path, socket) => {
      const [first, body] = bodies[path]!;
      socket.end(Buffer.concat([Buffer.from(first, "latin1"), body]));
      return "";
    });
    const job = temporaryFolder();
    await archived({ seeds: [origin], job });
    const folder = join(job, "archive");
    const records = await readArchive(folder);
    const answers = byPath(records, /response/);
    expect([...answers.keys()].sort()).toEqual(Object.keys(bodies).sort());
    for (const [path, [first, body]] of Object.entries(bodies)) {
      const { fields, block } = answers.get(path)!;
      expect(block.toString("latin1"), path).toBe(
        first.replace("x-b:  c", "x-b: c") + body.toString("latin1"),
      );
      expect(fields.get("WARC-Payload-Digest")).toBe(sha1(body));
      expect(fields.get("WARC-IP-Address")).toBe("127.0.0.1");
      expect(fields.get("Content-Type")).toBe("application/http;msgtype=response");
      expect(fields.has("WARC-Truncated")).toBe(false);
    }

    // Beside each answer, what was asked and how it came to that.
    const requests = byPath(records, /request/);
    const metadata = byPath(records, /metadata/);
    for (const [path, { fields }] of answers) {
      for (const beside of [requests.get(path)!, metadata.get(path)!]) {
        expect(beside.fields.get("WARC-Concurrent-To")).toBe(fields.get("WARC-Record-ID"));
        expect(beside.fields.get("WARC-Date")).toBe(fields.get("WARC-Date"));
      }
      const sent = requests.get(path)!.block.toString();
      expect(sent).toMatch(/^GET \/\S* HTTP\/1\.1\r\n[^]*\r\naccept-encoding: gzip[^]*\r\n\r\n$/);
      expect(sent.startsWith(`GET ${path} HTTP/1.1\r\nhost: ${new URL(origin).host}\r\n`)).toBe(
        true,
      );
    }
    const about = (path: string): string =>
      metadata
        .get(path)!
        .block.toString()
        .replace(/fetchTimeMs: \d+\r\n$/, "");
    expect(about("/robots.txt")).toBe("hopsFromSeed: P\r\n");
    expect(about("/")).toBe("");
    expect(about("/zip")).toBe(`via: ${origin}/\r\nhopsFromSeed: L\r\n`);
    expect(about("/target")).toBe(`via: ${origin}/moved\r\nhopsFromSeed: LR\r\n`);

    const index = readIndex(folder, records);
    expect(index.map(({ about }) => [about["mime"], about["status"]].join(" ")).sort()).toEqual([
      "image/png 200",
      "text/html 200",
      "text/html 200",
      "text/plain 200",
      "unk 302",
      "unk 404",
      "unk 500",
    ]);
  });

  it("has bodies without their chunks, and says so", async () => {
    const { origin } = await serve((_, response) => {
      response.setHeader("content-type", "text/html");
      response.write("one ");
      response.end("two");
    });
    const job = temporaryFolder();
    await archived({ seeds: [origin], job, robots: false });
    const answer = byPath(await readArchive(join(job, "archive")), /response/).get("/")!;
    expect(String(payloadOf(answer.block))).toBe("one two");
    expect(String(answer.block)).toContain("\r\nX-Archive-Orig-Transfer-Encoding: chunked\r\n");
    expect(String(answer.block)).not.toMatch(/\r\nTransfer-Encoding/i);
  });

  it("marks what has no end, and why", async () => {
    const big = "x".repeat(40_000);
    const origin = await serveBytes((path, socket) => {
      const start = (type: string, length: number): string =>
        `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n\r\n`;
      switch (path) {
        case "/":
          return `${start("text/html", 77)}${"<a href=/cut><a href=/slow><a href=/big.html><a href=/big.bin><a href=/huge>".padEnd(77)}`;
        case "/cut":
          setTimeout(() => socket.destroy(), 20);
          return `${start("image/png", 100)}half`;
        case "/slow":
          return `${start("image/png", 100)}slow`;
        case "/big.html":
        case "/big.bin":
          return start(path === "/big.bin" ? "image/png" : "text/html", big.length) + big;
        default:
          return `${start("text/html", 1e9)}${big}`;
      }
    });
    const job = temporaryFolder();
    const limits = { bodyLimit: 20_000, timeout: 1_000, robots: false };
    const { errors } = await archived({ seeds: [origin], job, ...limits });
    expect(errors).toEqual({ "body-too-large": 2 });
    const answers = byPath(await readArchive(join(job, "archive")), /response/);
    const told = [...answers].map(([path, { fields, block }]) => [
      path,
      fields.get("WARC-Truncated"),
      payloadOf(block).length >= 20_000 ? "long" : String(payloadOf(block)).trim().slice(0, 4),
    ]);
    expect(told.sort()).toEqual([
      ["/", undefined, "<a h"],
      ["/big.bin", "length", "long"],
      ["/big.html", "length", "long"],
      ["/cut", "disconnect", "half"],
      ["/huge", "length", "long"],
      ["/slow", "time", "slow"],
    ]);
  });

  it("has a body once: what is the same is a revisit, in the next run, too", async () => {
    const pages = {
      "/": "<a href=/a><a href=/b><a href=/e><a href=/f><a href=/c>",
      "/a": "the same",
      "/b": "the same",
      "/c": "the same",
      "/e": "",
      "/f": "",
    };
    const { origin } = await serve(site(pages));
    const job = temporaryFolder();
    const options = { seeds: [origin], job, robots: false, concurrency: 1 };
    await archived({ ...options, maxPages: 3 });
    await archived(options);
    const records = await readArchive(join(job, "archive"));
    readIndex(join(job, "archive"), records);
    expect(new Set(records.map(({ filename }) => filename)).size).toBe(2);
    const [original, again, later] = ["/a", "/b", "/c"].map((path) =>
      byPath(records, /response|revisit/).get(path)!,
    );
    expect(original!.fields.get("WARC-Type")).toBe("response");
    for (const { fields, block } of [again!, later!]) {
      expect(Object.fromEntries(fields)).toMatchObject({
        "WARC-Type": "revisit",
        "WARC-Profile": "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest",
        "WARC-Refers-To": original!.fields.get("WARC-Record-ID"),
        "WARC-Refers-To-Target-URI": `${origin}/a`,
        "WARC-Refers-To-Date": original!.fields.get("WARC-Date"),
        "WARC-Payload-Digest": sha1(Buffer.from("the same")),
        "WARC-Truncated": "length",
      });
      expect(String(block)).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n$/);
    }
    // Nothing is the same as nothing, but saves nothing either.
    for (const path of ["/e", "/f"]) expect(byPath(records, /response/).has(path)).toBe(true);
  });

  it("has long bodies, and begins another file when one is long enough", async () => {
    const long = Buffer.alloc(3_000_000, "0123456789abcdef\n");
    const { origin } = await serve((request, response) => {
      response.setHeader("content-type", request.url === "/" ? "text/html" : "image/png");
      response.end(
        request.url === "/"
          ? "<a href=/1><a href=/2><a href=/3>"
          : Buffer.concat([long, Buffer.from(request.url!)]),
      );
    });
    const job = temporaryFolder();
    await archived({ seeds: [origin], job, robots: false, warcSize: 1_000 });
    const folder = join(job, "archive");
    const records = await readArchive(folder);
    readIndex(folder, records);
    for (const path of ["/1", "/2", "/3"]) {
      const payload = payloadOf(byPath(records, /response/).get(path)!.block);
      expect(payload.equals(Buffer.concat([long, Buffer.from(path)]))).toBe(true);
    }
    const names = [...new Set(records.map(({ filename }) => filename))];
    expect(names.length).toBe(4);
    for (const [i, name] of names.entries())
      expect(name).toMatch(
        new RegExp(`^greenlit-crawl-\\w+-\\d{17}-0000${i}-[\\w.-]+\\.warc\\.gz$`),
      );
  });

  it("has what was fetched to find pages: sitemaps, and answers that led to another attempt", async () => {
    let attempts = 0;
    const { origin } = await serve((request, response) => {
      if (request.url === "/sitemap.xml")
        response.end(`<urlset><url><loc>${origin}/a</loc></url></urlset>`);
      else if (request.url === "/a" && ++attempts === 1) response.writeHead(503).end("busy");
      else response.setHeader("content-type", "text/html").end("ready");
    });
    const job = temporaryFolder();
    const options = { seeds: [], sitemaps: [`${origin}/sitemap.xml`], retries: 1, retryDelay: 1 };
    await archived({ ...options, job, robots: false });
    const records = await readArchive(join(job, "archive"));
    const index = readIndex(join(job, "archive"), records);
    expect(index.map(({ about }) => `${about["url"]} ${about["status"]}`).sort()).toEqual([
      `${origin}/a 200`,
      `${origin}/a 503`,
      `${origin}/sitemap.xml 200`,
    ]);
  });

  it("leaves out what did not count, and what had no answer", async () => {
    const { origin, requests } = await serve((request, response) => {
      response.setHeader("content-type", "text/html");
      if (request.url === "/") response.end("<a href=/never><a href=/reset>");
      else if (request.url === "/reset") request.socket.destroy();
      else response.write("begun");
    });
    const job = temporaryFolder();
    const { Crawler } = await import("../../src/crawler.js");
    const summary = await run(() => {
      const crawler = new Crawler({
        seeds: [origin],
        job,
        warc: true,
        robots: false,
        retries: 0,
        grace: 50,
      });
      const stop = setInterval(() => requests.length > 2 && crawler.stop(), 10);
      try {
        return crawler.run();
      } finally {
        clearInterval(stop);
      }
    });
    expect(summary).toMatchObject({ interrupted: true, pages: 1, failed: 1 });
    const records = await readArchive(join(job, "archive"));
    expect([...byPath(records, /response/).keys()]).toEqual(["/"]);
  });

  it("starts over with --fresh, and touches nothing of others", async () => {
    const { origin } = await serve(site({ "/": "<a href=/a>", "/a": "" }));
    const job = temporaryFolder();
    const folder = join(job, "archive");
    await archived({ seeds: [origin], job });
    const old = readdirSync(folder).find((name) => name.endsWith(".warc.gz"));
    writeFileSync(join(folder, "mine.warc.gz"), "");
    writeFileSync(join(folder, "mine.warc.gz.open"), "");
    await archived({ seeds: [origin], job, fresh: true });
    const names = readdirSync(folder);
    expect(names).not.toContain(old);
    expect(names).toEqual(expect.arrayContaining(["mine.warc.gz", "mine.warc.gz.open"]));
  });

  it("says what is missing of it", async () => {
    const { origin } = await serve(site({ "/": "<a href=/a>", "/a": "" }));
    const job = temporaryFolder();
    const folder = join(job, "archive");
    await archived({ seeds: [origin], job, maxPages: 1 });
    const name = readdirSync(folder).find((it) => it.endsWith(".warc.gz"));
    const bytes = readFileSync(join(folder, name!));
    writeFileSync(join(folder, name!), bytes.subarray(0, 100));
    await expect(archived({ seeds: [origin], job })).rejects.toThrow(
      `has lost its end: of ${bytes.length} bytes 100 are left. Put it back, or start over`,
    );
    // What a run that was killed has left behind is not of the crawl.
    writeFileSync(join(folder, name!), bytes);
    renameSync(join(folder, name!), join(folder, `${name}.open`));
    appendFileSync(join(folder, `${name}.open`), "torn");
    writeFileSync(join(folder, `${name!.replace("-00000-", "-00001-")}.open`), "of no journal");
    await archived({ seeds: [origin], job });
    readIndex(folder, await readArchive(folder));
  });
});
