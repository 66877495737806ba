// What is no HTTP, or more than is allowed, is refused, and the connection closed: nothing behind
// it is taken for a request.
import { sleep, Timeout } from "@greenlit/core";
import { fakeClock, green } from "@greenlit/testing";
import { describe, expect, it } from "vitest";
import {
  BadRequestError,
  BodyTooLargeError,
  connect,
  type ServerRequest,
} from "../../src/index.js";
import { HOST, last, lines, refusal, response, serving, statusOf, talk, undated } from "./talk.js";

/** Comes behind what is refused: if it reaches the handler, it was smuggled in. */
const SMUGGLED = lines("GET /smuggled HTTP/1.1", "host: me", "");

const HEAD = ["POST / HTTP/1.1", "host: me"];

/** Name, bytes, status. */
const REFUSED: [string, string, number][] = [
  [
    "Content-Length and Transfer-Encoding",
    lines(...HEAD, "content-length: 5", "transfer-encoding: chunked", "", "0", ""),
    400,
  ],
  [
    "Transfer-Encoding and Content-Length",
    lines(...HEAD, "transfer-encoding: chunked", "content-length: 5", "", "0", ""),
    400,
  ],
  [
    "two Content-Lengths",
    lines(...HEAD, "content-length: 5", "content-length: 6", "", "hello"),
    400,
  ],
  [
    "two equal Content-Lengths",
    lines(...HEAD, "content-length: 5", "content-length: 5", "", "hello"),
    400,
  ],
  ["a list of Content-Lengths", lines(...HEAD, "content-length: 5, 5", "", "hello"), 400],
  ["a Content-Length with a sign", lines(...HEAD, "content-length: +5", "", "hello"), 400],
  ["a negative Content-Length", lines(...HEAD, "content-length: -5", "", "hello"), 400],
  ["a hexadecimal Content-Length", lines(...HEAD, "content-length: 0x5", "", "hello"), 400],
  ["an empty Content-Length", lines(...HEAD, "content-length:", "", ""), 400],
  ["a Content-Length of two words", lines(...HEAD, "content-length: 5 5", "", "hello"), 400],
  [
    "a Content-Length without end",
    lines(...HEAD, `content-length: ${"9".repeat(30)}`, "", ""),
    400,
  ],
  ["a coding that is not known", lines(...HEAD, "transfer-encoding: gzip", "", ""), 400],
  ["a coding before chunked", lines(...HEAD, "transfer-encoding: gzip, chunked", "", "0", ""), 501],
  ["chunked before another", lines(...HEAD, "transfer-encoding: chunked, gzip", "", "0", ""), 400],
  [
    "chunked twice",
    lines(...HEAD, "transfer-encoding: chunked", "transfer-encoding: chunked", "", "0", "", ""),
    400,
  ],
  [
    "chunked twice in a list",
    lines(...HEAD, "transfer-encoding: chunked, chunked", "", "0", "", ""),
    400,
  ],
  ["something like chunked", lines(...HEAD, "transfer-encoding: xchunked", "", "0", ""), 400],
  ["chunked in quotes", lines(...HEAD, 'transfer-encoding: "chunked"', "", "0", ""), 400],
  [
    "chunked behind a vertical tab",
    lines(...HEAD, "transfer-encoding: \u000bchunked", "", "0", ""),
    400,
  ],
  ["chunked by HTTP/1.0", lines("POST / HTTP/1.0", "transfer-encoding: chunked", "", "0", ""), 400],
  ["a space before the colon", lines(...HEAD, "content-length : 5", "", "hello"), 400],
  ["a tab before the colon", lines(...HEAD, "transfer-encoding\t: chunked", "", "0", ""), 400],
  ["a header that goes on in the next line", lines(...HEAD, "x: one", " two", ""), 400],
  ["a folded header that is the first", lines("POST / HTTP/1.1", " x: one", "host: me", ""), 400],
  ["a header without a name", lines(...HEAD, ": empty", ""), 400],
  ["a header without a colon", lines(...HEAD, "nothing", ""), 400],
  ["a name with a space", lines(...HEAD, "a b: c", ""), 400],
  ["a name that is no ASCII", lines(...HEAD, "h\u00e4: c", ""), 400],
  ["a NUL in a value", lines(...HEAD, "x: a\0b", ""), 400],
  ["a NUL in a name", lines(...HEAD, "x\0: a", ""), 400],
  ["a NUL in the target", lines("GET /a\0b HTTP/1.1", "host: me", ""), 400],
  ["a bare CR in a value", lines(...HEAD, "x: a\rb: c", ""), 400],
  ["a bare CR at the end of a value", `POST / HTTP/1.1\r\nhost: me\r\nx: a\r\r\n\r\n`, 400],
  ["a bare LF behind a header", "POST / HTTP/1.1\r\nhost: me\r\nx: a\nb: c\r\n\r\n", 400],
  ["a bare LF behind the request line", "GET / HTTP/1.1\nhost: me\r\n\r\n", 400],
  ["a bare LF at the end of the head", "GET / HTTP/1.1\r\nhost: me\r\n\n", 400],
  ["only LFs", "GET / HTTP/1.1\nhost: me\n\n", 400],
  ["a control character in a value", lines(...HEAD, "x: a\u0007b", ""), 400],
  ["no Host", lines("GET / HTTP/1.1", ""), 400],
  ["two Hosts", lines("GET / HTTP/1.1", "host: a", "Host: b", ""), 400],
  ["a Host with a path", lines("GET / HTTP/1.1", "host: a/b", ""), 400],
  ["a Host with a space", lines("GET / HTTP/1.1", "host: a b", ""), 400],
  ["no version", lines("GET /", "host: me", ""), 400],
  ["no version, and nothing else", "GET /\r\n\r\n", 400],
  ["HTTP/0.9", lines("GET / HTTP/0.9", "host: me", ""), 505],
  ["HTTP/2.0", lines("GET / HTTP/2.0", "host: me", ""), 505],
  ["HTTP/1.2", lines("GET / HTTP/1.2", "host: me", ""), 400],
  ["the start of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400],
  ["a version in small letters", lines("GET / http/1.1", "host: me", ""), 400],
  ["another protocol", lines("GET / ICE/1.0", "host: me", ""), 400],
  ["a method that is none", lines("G@T / HTTP/1.1", "host: me", ""), 400],
  ["a method in small letters", lines("get / HTTP/1.1", "host: me", ""), 400],
  ["a space before the request", ` ${lines("GET / HTTP/1.1", "host: me", "")}`, 400],
  ["two spaces before the version", lines("GET /  HTTP/1.1", "host: me", ""), 400],
  ["something behind the version", lines("GET / HTTP/1.1 x", "host: me", ""), 400],
  ["TLS", "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc", 400],
  ["something that can not be expected", lines(...HEAD, "expect: a miracle", ""), 417],
];

/** Bytes of a body in chunks that the handler reads. */
const CHUNKS: [string, string][] = [
  ["a size that is none", "x\r\nhello\r\n0\r\n\r\n"],
  ["a size with a sign", "+5\r\nhello\r\n0\r\n\r\n"],
  ["a size with 0x", "0x5\r\nhello\r\n0\r\n\r\n"],
  ["a negative size", "-5\r\nhello\r\n0\r\n\r\n"],
  ["a size without end", `${"f".repeat(20)}\r\nhello\r\n0\r\n\r\n`],
  ["a space before the size", " 5\r\nhello\r\n0\r\n\r\n"],
  ["a space behind the size", "5 \r\nhello\r\n0\r\n\r\n"],
  ["no size", "\r\nhello\r\n0\r\n\r\n"],
  ["a bare LF behind the size", "5\nhello\r\n0\r\n\r\n"],
  ["a bare CR behind the size", "5\rhello\r\n0\r\n\r\n"],
  ["a bare LF behind an extension", "5;a=b\nhello\r\n0\r\n\r\n"],
  ["a bare LF behind the data", "5\r\nhello\n0\r\n\r\n"],
  ["more data than it says", "5\r\nhello you\r\n0\r\n\r\n"],
  ["less data than it says", "7\r\nhello\r\n0\r\n\r\n\r\n"],
  ["a bare LF at the end", "5\r\nhello\r\n0\n\n"],
  ["a NUL in an extension", "5;a=\0\r\nhello\r\n0\r\n\r\n"],
  ["a trailer that is none", "5\r\nhello\r\n0\r\nno trailer\r\n\r\n"],
];

describe("is refused", () => {
  it.each(REFUSED)("%s", (_, bytes, status) =>
    green(() => {
      let handled = 0;
      serving(
        () => {
          handled++;
          return {};
        },
        (port) => {
          const got = talk(port, bytes + SMUGGLED);
          expect(statusOf(got)).toBe(status);
          expect(got).toContain("\r\nconnection: close\r\n");
          expect(got.match(/^HTTP\/1\.1 /gm)).toHaveLength(1);
        },
      );
      expect(handled).toBe(0);
    })(),
  );

  it.each(CHUNKS)("a chunk with %s", (_, chunks) =>
    green(() => {
      const targets: string[] = [];
      const handler = (request: ServerRequest): { body: string } => {
        targets.push(request.target);
        return { body: request.text() };
      };
      const head = lines("POST /body HTTP/1.1", "host: me", "transfer-encoding: chunked", "");
      serving(handler, (port) => {
        // At once, and when the handler reads already.
        for (const pieces of [[head + chunks + SMUGGLED], [head, chunks + SMUGGLED]]) {
          const got = talk(port, ...pieces);
          expect(statusOf(got)).toBe(400);
          expect(got.match(/^HTTP\/1\.1 /gm)).toHaveLength(1);
        }
      });
      expect(targets.every((target) => target === "/body")).toBe(true);
    })(),
  );

  it(
    "what comes behind a good request, once that is answered",
    green(() => {
      const slow = (): { body: string } => {
        sleep(10);
        return { body: "good" };
      };
      serving(slow, (port) => {
        const got = talk(port, lines("GET / HTTP/1.1", "host: me", "", "bad", ""));
        expect(got.startsWith(response("good"))).toBe(true);
        expect(statusOf(got.slice(response("good").length))).toBe(400);
      });
    }),
  );

  it(
    "in words",
    green(() =>
      serving(
        () => ({}),
        (port) =>
          expect(talk(port, lines("GET / HTTP/1.1", ""))).toBe(
            refusal("400 Bad Request", "a request of HTTP/1.1 must have a Host"),
          ),
      ),
    ),
  );
});

describe("is not refused", () => {
  it.each<[string, string, string]>([
    ["a method of WebDAV", last("PROPFIND / HTTP/1.1"), "PROPFIND / "],
    ["a whole URL", last("GET http://me/x?y HTTP/1.1"), "GET http://me/x?y "],
    ["a star", last("OPTIONS * HTTP/1.1"), "OPTIONS * "],
    [
      "blanks around a value",
      lines("GET / HTTP/1.1", "host: \t me \t", "connection: close", ""),
      "GET / ",
    ],
    [
      "Host with a port",
      lines("GET / HTTP/1.1", "host: [::1]:80", "connection: close", ""),
      "GET / ",
    ],
    ["an empty Host", lines("GET / HTTP/1.1", "host:", "connection: close", ""), "GET / "],
    [
      "chunked in capital letters",
      `${last("POST / HTTP/1.1", "Transfer-Encoding: CHUNKED")}1\r\nx\r\n0\r\n\r\n`,
      "POST / x",
    ],
    [
      "a quoted extension of a chunk",
      `${last("POST / HTTP/1.1", "transfer-encoding: chunked")}1;a="b c"\r\nx\r\n0\r\n\r\n`,
      "POST / x",
    ],
  ])("%s", (_, bytes, body) =>
    green(() => {
      const echo = (r: ServerRequest): { body: string } => ({
        body: `${r.method} ${r.target} ${r.text()}`,
      });
      serving(echo, (port) => expect(talk(port, bytes)).toBe(response(body, { close: true })));
    })(),
  );
});

describe("the limit", () => {
  const ok = (): { body: string } => ({ body: "ok" });

  it.each<[string, string[], number]>([
    ["of the head: a long target", [`GET /${"x".repeat(2000)} HTTP/1.1`, "host: me", ""], 414],
    [
      "of the head: a long header",
      ["GET / HTTP/1.1", "host: me", `x: ${"x".repeat(2000)}`, ""],
      431,
    ],
    ["of the head: a long name", ["GET / HTTP/1.1", "host: me", `${"x".repeat(2000)}: x`, ""], 431],
    ["of the head: many headers", ["GET / HTTP/1.1", "host: me", ...many(150), ""], 431],
    ["of the number of headers", ["GET / HTTP/1.1", "host: me", ...many(10), ""], 431],
  ])("%s", (_, head, status) =>
    green(() =>
      serving(
        ok,
        (port) => {
          // Whole, and in pieces.
          expect(statusOf(talk(port, lines(...head)))).toBe(status);
          const bytes = lines(...head);
          const half = Math.floor(bytes.length / 2);
          expect(statusOf(talk(port, bytes.slice(0, half), bytes.slice(half)))).toBe(status);
          // Without an end: as soon as it is too much.
          expect(statusOf(talk(port, `${bytes.slice(0, -4)}${"y".repeat(1500)}`))).toBeLessThan(
            500,
          );
          expect(talk(port, last("GET / HTTP/1.1"))).toBe(response("ok", { close: true }));
        },
        { maxHeadSize: 1000, maxHeaders: 8 },
      ),
    )(),
  );

  it(
    "of a body whose length is told: nothing of it is read",
    green(() => {
      let handled = 0;
      const count = (): object => ({ status: (handled += 1) + 200 });
      serving(
        count,
        (port) => {
          const head = lines(...HEAD, "content-length: 11", "expect: 100-continue", "");
          expect(talk(port, head)).toBe(
            refusal("413 Payload Too Large", "the body is larger than 10 bytes"),
          );
        },
        { maxBodySize: 10 },
      );
      expect(handled).toBe(0);
    }),
  );

  it(
    "of a body whose length is not told: its reader gets a BodyTooLargeError",
    green(() => {
      const errors: unknown[] = [];
      const read = (request: ServerRequest): object => {
        try {
          return { body: request.text() };
        } catch (error) {
          errors.push(error);
          throw error;
        }
      };
      serving(
        read,
        (port) => {
          const head = last("POST / HTTP/1.1", "transfer-encoding: chunked");
          expect(statusOf(talk(port, `${head}6\r\nsixsix\r\n6\r\nsixsix\r\n0\r\n\r\n`))).toBe(413);
          expect(errors.map((error) => error instanceof BodyTooLargeError)).toEqual([true]);
        },
        { maxBodySize: 10 },
      );
    }),
  );

  it(
    "of what the handler wants to read: 413, if it does not catch the error",
    green(() =>
      serving(
        (request) => ({ body: request.text({ limit: 10 }) }),
        (port) => {
          const head = lines(...HEAD, "content-length: 12", "");
          expect(statusOf(talk(port, `${head}sixsixsixsix${last("GET / HTTP/1.1")}`))).toBe(413);
        },
      ),
    ),
  );

  it.each([
    ["extensions", (size: number) => `1;${"x".repeat(size)}\r\nx\r\n0\r\n\r\n`],
    ["trailers", (size: number) => `1\r\nx\r\n0\r\nx: ${"x".repeat(size)}\r\n\r\n`],
  ])("of %s of chunks", (_, chunks) =>
    green(() =>
      serving(
        (request) => ({ body: request.text() }),
        (port) => {
          const head = last("POST / HTTP/1.1", "transfer-encoding: chunked");
          expect(talk(port, head, chunks(1000))).toBe(response("x", { close: true }));
          expect(statusOf(talk(port, head, chunks(100_000)))).toBe(413);
        },
      ),
    )(),
  );

  it(
    "of the time for a head: 408",
    green(() => {
      using _clock = fakeClock(); // moves only when nobody has anything to do
      serving(
        ok,
        (port) => {
          expect(talk(port, "GET / HTTP/1.1\r\nhost:")).toBe(
            refusal("408 Request Timeout", "the head of the request has not come in time"),
          );
          // A drop at a time does not help.
          using socket = connect({ port, host: HOST });
          let sent = 0;
          try {
            for (; sent < 10_000; sent++) {
              socket.write(sent === 0 ? "GET / HTTP/1.1\r\nx: " : "x");
              sleep(5);
            }
          } catch {
            // It was closed.
          }
          expect(sent).toBeLessThan(10_000);
        },
        { headTimeout: 50 },
      );
    }),
  );

  it(
    "of the time for a first byte: it is closed without a word",
    green(() => serving(ok, (port) => expect(talk(port)).toBe(""), { headTimeout: 30 })),
  );

  it(
    "of the time for a body: 408, and its reader gets a BadRequestError",
    green(() => {
      using _clock = fakeClock();
      let seen: unknown;
      const read = (request: ServerRequest): object => {
        try {
          return { body: request.text() };
        } catch (error) {
          seen = error;
          throw error;
        }
      };
      serving(
        read,
        (port) => {
          const head = lines(...HEAD, "content-length: 10", "");
          expect(talk(port, `${head}half`)).toBe(
            refusal("408 Request Timeout", "the body of the request has not come in time"),
          );
        },
        { requestTimeout: 30 },
      );
      expect(seen).toBeInstanceOf(BadRequestError);
    }),
  );

  it(
    "of the time between requests: it is closed",
    green(() => {
      const one = lines("GET / HTTP/1.1", "host: me", "");
      serving(
        ok,
        (port) => expect(talk(port, one).replace("timeout=1", "timeout=60")).toBe(response("ok")),
        { idleTimeout: 1000 },
      );
    }),
  );

  it(
    "of the time for the client to read: it is closed",
    green(() => {
      let written = 0;
      function* endless(): Generator<Uint8Array> {
        try {
          for (;;) yield Buffer.alloc(256 * 1024);
        } finally {
          written = 1;
        }
      }
      serving(
        () => ({ body: endless() }),
        (port) => {
          using socket = connect({ port, host: HOST });
          socket.write(lines("GET / HTTP/1.1", "host: me", ""));
          const end = performance.now() + 20_000;
          while (written === 0 && performance.now() < end) sleep(5);
          expect(written).toBe(1);
        },
        { sendTimeout: 50 },
      );
    }),
  );

  it(
    "of connections: others wait",
    green(() =>
      serving(
        ok,
        (port) => {
          const one = connect({ port, host: HOST });
          one.write(lines("GET / HTTP/1.1", "host: me", ""));
          one.read();
          using two = connect({ port, host: HOST });
          two.write(last("GET / HTTP/1.1"));
          expect(() => two.read(1, { timeout: 30 })).toThrow(Timeout);
          one.close();
          let got = "";
          for (const part of two) got += part.toString("latin1");
          expect(undated(got)).toBe(response("ok", { close: true }));
        },
        { maxConnections: 1 },
      ),
    ),
  );

  it(
    "is a number",
    green(() => {
      for (const wrong of [{ maxHeaders: 0 }, { maxHeadSize: Number.NaN }, { maxBodySize: -1 }]) {
        expect(() => serving(ok, () => {}, wrong)).toThrow(RangeError);
      }
      expect(() => serving(ok, () => {}, { idleTimeout: "5" as never })).toThrow(TypeError);
    }),
  );
});

function many(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `x-${i}: y`);
}
