// What goes over the wire, byte by byte.
import { sleep } from "@greenlit/core";
import { green } from "@greenlit/testing";
import { describe, expect, it } from "vitest";
import { connect, type ServerRequest, type ServerResponse } from "../../src/index.js";
import { CLOSE, HOST, KEEP, last, lines, response, serving, talk, undated } from "./talk.js";

const echo = (request: ServerRequest): ServerResponse => ({
  body: `${request.method} ${request.target} ${request.text()}`,
});

const END = last("GET /end HTTP/1.1");
const ENDED = response("GET /end ", { close: true });

const CHUNKED = ["transfer-encoding: chunked"];

describe("requests on one connection", () => {
  const requests = [
    lines("GET /1 HTTP/1.1", "host: me", ""),
    `${lines("POST /2 HTTP/1.1", "host: me", "content-length: 5", "")}hello`,
    `${lines("POST /3 HTTP/1.1", "host: me", ...CHUNKED, "")}3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n`,
    lines("", "", "GET /4 HTTP/1.1", "HOST:me", ""), // empty lines before it: RFC 9112, 2.2
    END,
  ];
  const answers = [
    response("GET /1 "),
    response("POST /2 hello"),
    response("POST /3 hello"),
    response("GET /4 "),
    ENDED,
  ].join("");

  it(
    "are answered in order, sent at once",
    green(() => serving(echo, (port) => expect(talk(port, requests.join(""))).toBe(answers))),
  );

  it(
    "are answered in order, though the first takes longest",
    green(() => {
      const begun: string[] = [];
      const handler = (request: ServerRequest): ServerResponse => {
        begun.push(request.target);
        if (request.target === "/1") sleep(20);
        return echo(request);
      };
      serving(handler, (port) => expect(talk(port, requests.join(""))).toBe(answers));
      expect(begun).toEqual(["/1", "/2", "/3", "/4", "/end"]);
    }),
  );

  it(
    "are understood wherever they are cut",
    green(() => {
      const all = requests.join("");
      serving(echo, (port) => {
        for (const size of [1, 2, 3, 7]) {
          using socket = connect({ port, host: HOST, noDelay: true });
          for (let at = 0; at < all.length; at += size) {
            socket.write(all.slice(at, at + size));
            sleep(0); // the server reads it meanwhile: they share this thread
          }
          let got = "";
          for (const part of socket) got += part.toString("latin1");
          expect(undated(got), `${size} at a time`).toBe(answers);
        }
      });
    }),
  );

  it(
    "end with the one that says so",
    green(() =>
      serving(echo, (port) => {
        expect(talk(port, END + requests[0])).toBe(ENDED);
      }),
    ),
  );

  it(
    "end after as many as are allowed",
    green(() =>
      serving(
        echo,
        (port) => {
          const one = lines("GET / HTTP/1.1", "host: me", "");
          const told = response("GET / ") + response("GET / ", { close: true });
          expect(talk(port, one + one + one)).toBe(told);
        },
        { maxRequestsPerConnection: 2 },
      ),
    ),
  );
});

describe("a response", () => {
  const of =
    (...given: ServerResponse[]) =>
    (): ServerResponse =>
      given.shift() as ServerResponse;

  it.each<[string, ServerResponse, string]>([
    ["of nothing", {}, response("", { close: true })],
    ["of text", { body: "äh €" }, undated(response("äh €", { close: true }))],
    ["of bytes", { body: Buffer.from("bytes") }, response("bytes", { close: true })],
    [
      "with headers",
      {
        status: 201,
        headers: { "x-one": "1", "X-Two": 2, "set-cookie": ["a=1", "b=2"], none: undefined },
      },
      response("", {
        status: "201 Created",
        headers: ["x-one: 1", "X-Two: 2", "set-cookie: a=1", "set-cookie: b=2"],
        close: true,
      }),
    ],
    [
      "with headers as pairs, and words of its own",
      { status: 299, statusText: "Fine So Far", headers: [["a", "b"]] },
      response("", { status: "299 Fine So Far", headers: ["a: b"], close: true }),
    ],
    [
      "with a status that has no words",
      { status: 299 },
      response("", { status: "299 Unknown", close: true }),
    ],
  ])("%s", (_, given, expected) =>
    green(() =>
      serving(of(given), (port) =>
        expect(Buffer.from(talk(port, END), "latin1").toString()).toBe(expected),
      ),
    )(),
  );

  it(
    "has its own date, if it wants one, and no headers that are the server's",
    green(() => {
      const headers = {
        Date: "Thu, 01 Jan 1970 00:00:00 GMT",
        "Transfer-Encoding": "chunked",
        "Keep-Alive": "timeout=1",
        Connection: "keep-alive",
        "Content-Length": 2,
      };
      serving(of({ headers, body: "ok" }), (port) => {
        const date = "Date: Thu, 01 Jan 1970 00:00:00 GMT";
        const told = lines("HTTP/1.1 200 OK", date, "content-length: 2", ...CLOSE, "");
        expect(talk(port, END)).toBe(`${told}ok`);
      });
    }),
  );

  it(
    "closes the connection, if its handler says so",
    green(() => {
      const one = lines("GET / HTTP/1.1", "host: me", "");
      const given = { headers: { Connection: "Close" } };
      serving(of(given, given), (port) =>
        expect(talk(port, one + one)).toBe(response("", { close: true })),
      );
    }),
  );

  it.each([
    ["HEAD / HTTP/1.1", {}, "200 OK", ["content-length: 0"]],
    ["HEAD / HTTP/1.1", { body: "four" }, "200 OK", ["content-length: 4"]],
    ["HEAD / HTTP/1.1", { body: ["piece"] }, "200 OK", []],
    ["HEAD / HTTP/1.1", { headers: { "content-length": 9 } }, "200 OK", ["content-length: 9"]],
    ["GET / HTTP/1.1", { status: 204 }, "204 No Content", []],
    ["GET / HTTP/1.1", { status: 204, body: "x" }, "204 No Content", []],
    ["GET / HTTP/1.1", { status: 304 }, "304 Not Modified", []],
    [
      "GET / HTTP/1.1",
      { status: 304, headers: { "content-length": 9 } },
      "304 Not Modified",
      ["content-length: 9"],
    ],
  ])("to %s with %j has no body", (line, given, status, headers) =>
    green(() =>
      serving(of(given, {}), (port) => {
        const told = lines(`HTTP/1.1 ${status}`, "date: now", ...headers, ...KEEP, "");
        expect(talk(port, lines(line, "host: me", "") + END)).toBe(
          told + response("", { close: true }),
        );
      }),
    )(),
  );

  it(
    "of pieces comes in chunks, with trailers, and leaves the connection to the next",
    green(() => {
      function* pieces(): Generator<string | Uint8Array> {
        yield ""; // sends the head at once
        yield "hello";
        sleep(1);
        yield Buffer.from("wörld");
        yield Buffer.alloc(0);
        yield "x".repeat(20);
      }
      const trailers = { "x-sum": "42" };
      serving(of({ body: pieces(), trailers: () => trailers }, {}), (port) => {
        const head = lines("HTTP/1.1 200 OK", "date: now", ...CHUNKED, ...KEEP, "");
        const body = `5\r\nhello\r\n6\r\nw\u00c3\u00b6rld\r\n14\r\n${"x".repeat(20)}\r\n`;
        expect(talk(port, lines("GET / HTTP/1.1", "host: me", "") + END)).toBe(
          `${head}${body}0\r\nx-sum: 42\r\n\r\n${response("", { close: true })}`,
        );
      });
    }),
  );

  it(
    "of no pieces is an empty one in chunks",
    green(() => {
      serving(of({ body: [] }), (port) => {
        const head = lines("HTTP/1.1 200 OK", "date: now", ...CHUNKED, ...CLOSE, "");
        expect(talk(port, END)).toBe(`${head}0\r\n\r\n`);
      });
    }),
  );

  it(
    "of pieces whose length is known is not chunked",
    green(() => {
      const given = { headers: { "content-length": "5" }, body: ["he", "llo"] };
      serving(of(given), (port) =>
        expect(talk(port, END)).toBe(response("hello", { close: true })),
      );
    }),
  );

  it(
    "larger than what is written at once arrives as it is",
    green(() => {
      const text = "0123456789abcdef".repeat(200_000);
      for (const body of [text, Buffer.from(text)]) {
        serving(of({ body }), (port) =>
          expect(talk(port, END) === response(text, { close: true })).toBe(true),
        );
      }
      serving(of({ body: [text, text] }), (port) => {
        const chunk = `${text.length.toString(16)}\r\n${text}\r\n`;
        expect(talk(port, END).endsWith(`\r\n\r\n${chunk}${chunk}0\r\n\r\n`)).toBe(true);
      });
    }),
  );
});

describe("HTTP/1.0", () => {
  it(
    "closes the connection, unless the client wants it to live on",
    green(() =>
      serving(echo, (port) => {
        expect(talk(port, lines("GET /old HTTP/1.0", ""))).toBe(
          response("GET /old ", { close: true }),
        );
        const keep = lines("GET /old HTTP/1.0", "connection: keep-alive", "");
        expect(talk(port, keep + END)).toBe(response("GET /old ") + ENDED);
      }),
    ),
  );

  it(
    "gets pieces until the end of the connection",
    green(() => {
      serving(
        () => ({ body: ["he", "llo"], trailers: () => ({ x: "y" }) }),
        (port) => {
          const keep = lines("GET /old HTTP/1.0", "connection: keep-alive", "");
          const head = lines("HTTP/1.1 200 OK", "date: now", ...CLOSE, "");
          expect(talk(port, keep)).toBe(`${head}hello`);
        },
      );
    }),
  );
});

describe("Expect: 100-continue", () => {
  const HEAD = lines(
    "POST /x HTTP/1.1",
    "host: me",
    "content-length: 5",
    "expect: 100-continue",
    "",
  );

  it(
    "is answered when the handler reads",
    green(() =>
      serving(echo, (port) => {
        using socket = connect({ port, host: HOST });
        socket.write(HEAD);
        expect(socket.readUntil("\r\n\r\n").toString()).toBe("HTTP/1.1 100 Continue\r\n\r\n");
        socket.write("hello");
        socket.write(END);
        let got = "";
        for (const part of socket) got += part.toString("latin1");
        expect(undated(got)).toBe(response("POST /x hello") + ENDED);
      }),
    ),
  );

  it(
    "is not, when the body has come already",
    green(() =>
      serving(echo, (port) =>
        expect(talk(port, `${HEAD}hello${END}`)).toBe(response("POST /x hello") + ENDED),
      ),
    ),
  );

  it(
    "ends the connection, if the handler does not read",
    green(() =>
      serving(
        () => ({ status: 403 }),
        (port) =>
          expect(talk(port, HEAD)).toBe(response("", { status: "403 Forbidden", close: true })),
      ),
    ),
  );

  it(
    "is not for HTTP/1.0",
    green(() =>
      serving(echo, (port) =>
        expect(talk(port, `${HEAD.replace("1.1", "1.0")}hello`)).toBe(
          response("POST /x hello", { close: true }),
        ),
      ),
    ),
  );
});

it(
  "a body that nobody reads is skipped",
  green(() => {
    const ignore = (request: ServerRequest): ServerResponse => ({ body: request.target });
    serving(ignore, (port) => {
      const body = "x".repeat(100_000);
      const post = lines("POST /1 HTTP/1.1", "host: me", `content-length: ${body.length}`, "");
      expect(talk(port, post, body, END)).toBe(response("/1") + response("/end", { close: true }));
    });
  }),
);

it(
  "a large body that nobody reads ends the connection",
  green(() => {
    const ignore = (request: ServerRequest): ServerResponse => ({ body: request.target });
    serving(ignore, (port) => {
      const post = lines("POST /1 HTTP/1.1", "host: me", `content-length: ${10_000_000}`, "");
      expect(talk(port, post, "x".repeat(1000))).toBe(response("/1", { close: true }));
    });
  }),
);
