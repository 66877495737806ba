// What handlers get and may return, with the clients of Node and of this package.
import { readFileSync } from "node:fs";
import { request as nodeRequest } from "node:http";
import { scope, sleep, spawn, Timeout, wait } from "@greenlit/core";
import { green, reports } from "@greenlit/testing";
import { runProgram } from "@greenlit/testing/run-program";
import { describe, expect, expectTypeOf, it } from "vitest";
import {
  connect,
  createAgent,
  type Handler,
  type HttpServer,
  listen,
  request,
  type RequestOptions,
  serve,
  type ServerRequest,
  type ServerResponse,
} from "../../src/index.js";
import { HOST, last, lines, response, serving, talk, undated } from "./talk.js";

/** Asks with `request`, on a connection that ends with it. */
function ask(port: number, path: string, options: RequestOptions = {}): Told {
  const dispatcher = createAgent();
  try {
    const { status, headers, body } = request(`http://${HOST}:${port}${path}`, {
      ...options,
      dispatcher,
    });
    return { status, headers, body: body.text() };
  } finally {
    wait(dispatcher.destroy());
  }
}

interface Told {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

const FORM = "application/x-www-form-urlencoded";

describe("a request", () => {
  it(
    "says what was asked for, and by whom",
    green(() => {
      let seen: unknown;
      const handler = (request: ServerRequest): ServerResponse => {
        const { method, target, url, path, httpVersion, remoteAddress } = request;
        seen = { method, target, url, path, httpVersion, remoteAddress };
        expect(request.remotePort).toBeGreaterThan(0);
        return {};
      };
      serving(handler, (port) => {
        talk(port, last("DELETE /a%20b/c?d=e?f HTTP/1.1"));
        expect(seen).toEqual({
          method: "DELETE",
          target: "/a%20b/c?d=e?f",
          url: "http://me/a%20b/c?d=e?f",
          path: "/a%20b/c",
          httpVersion: "1.1",
          remoteAddress: HOST,
        });
        for (const [line, url] of [
          ["GET http://other/x HTTP/1.1", "http://other/x"],
          ["OPTIONS * HTTP/1.1", "http://me"],
        ] as const) {
          talk(port, last(line));
          expect(seen).toMatchObject({ url });
        }
      });
      serving(
        handler,
        (port) => {
          talk(port, last("GET / HTTP/1.1"));
          expect(seen).toMatchObject({ url: "https://me/" });
        },
        { scheme: "https" },
      );
    }),
  );

  it(
    "has headers as Fetch has them",
    green(() => {
      const handler = ({ headers }: ServerRequest): ServerResponse => {
        expect(headers.get("X-One")).toBe("1");
        expect(headers.get("x-two")).toBe("a, b");
        expect(headers.get("COOKIE")).toBe("a=1; b=2");
        expect(headers.get("x-empty")).toBe("");
        expect(headers.get("x-latin")).toBe("\u00e4");
        expect(headers.get("x-none")).toBe(null);
        expect(headers.get("constructor")).toBe("own");
        expect([headers.has("x-ONE"), headers.has("x-none")]).toEqual([true, false]);
        const all = [
          ["host", "me"],
          ["connection", "close"],
          ["x-one", "1"],
          ["x-two", "a, b"],
          ["cookie", "a=1; b=2"],
          ["x-empty", ""],
          ["x-latin", "\u00e4"],
          ["constructor", "own"],
        ];
        expect([...headers]).toEqual(all);
        expect([...headers.keys()]).toEqual(all.map(([name]) => name));
        expect([...headers.values()]).toEqual(all.map(([, value]) => value));
        const each: unknown[] = [];
        headers.forEach((value, name) => each.push([name, value]));
        expect(each).toEqual(all);
        expect(new Headers([...headers]).get("x-two")).toBe("a, b");
        expect(JSON.parse(JSON.stringify(headers))).toMatchObject({
          "x-one": "1",
          constructor: "own",
        });
        return { body: "fine" };
      };
      serving(handler, (port) => {
        const sent = last(
          "GET / HTTP/1.1",
          "X-One: 1",
          "x-two: a",
          "cookie: a=1",
          "X-TWO:b ",
          "Cookie: b=2",
          "x-empty:",
          "x-latin: \u00e4",
          "constructor: own",
        );
        expect(talk(port, sent)).toBe(response("fine", { close: true }));
      });
    }),
  );

  it.each<[string, (request: ServerRequest) => unknown, unknown]>([
    ["bytes", (r) => r.bytes().toString("hex"), Buffer.from("[1,2]").toString("hex")],
    ["text", (r) => r.text(), "[1,2]"],
    ["json", (r) => r.json(), [1, 2]],
    ["read", (r) => [r.read()?.toString(), r.read()], ["[1,2]", null]],
    ["iteration", (r) => Buffer.concat([...r]).toString(), "[1,2]"],
    ["the body", (r) => r.body.text(), "[1,2]"],
  ])("has a body: %s", (_, read, expected) =>
    green(() =>
      serving(
        (request) => ({ body: JSON.stringify(read(request)) }),
        (port) =>
          expect(JSON.parse(ask(port, "/", { method: "POST", body: "[1,2]" }).body)).toEqual(
            expected,
          ),
      ),
    )(),
  );

  it(
    "loses nothing of its body when a read is interrupted",
    green(() => {
      const seen: unknown[] = [];
      const handler = (request: ServerRequest): ServerResponse => {
        for (const read of [
          () => request.read({ timeout: 10 }),
          () => request.text({ timeout: 10 }),
        ])
          expect(read).toThrow(Timeout);
        seen.push("waiting");
        return { body: request.text() };
      };
      serving(handler, (port) => {
        using socket = connect({ port, host: HOST });
        socket.write(last("POST / HTTP/1.1", "content-length: 5"));
        while (seen.length === 0) sleep(1);
        socket.write("hello");
        let got = "";
        for (const part of socket) got += part.toString("latin1");
        expect(undated(got)).toBe(response("hello", { close: true }));
      });
    }),
  );

  it(
    "without a body has an empty one",
    green(() => {
      const seen: unknown[] = [];
      const handler = (request: ServerRequest): ServerResponse => {
        seen.push(request.read(), request.text(), [...request]);
        return {};
      };
      serving(handler, (port) => ask(port, "/"));
      expect(seen).toEqual([null, "", []]);
    }),
  );

  it(
    "has trailers when its body has been read",
    green(() => {
      const seen: unknown[] = [];
      const handler = (request: ServerRequest): ServerResponse => {
        seen.push(request.text(), [...request.trailers]);
        return {};
      };
      serving(handler, (port) => {
        const head = last("POST / HTTP/1.1", "transfer-encoding: chunked");
        const trailers = ["X-Sum: 42", "x-empty:", "x-sum:  43 ", ""];
        talk(port, `${head}2\r\nhi\r\n0\r\n${lines(...trailers)}`);
        expect(seen).toEqual([
          "hi",
          [
            ["x-sum", "42, 43"],
            ["x-empty", ""],
          ],
        ]);
        // Cut anywhere, and none at all.
        const bytes = `${head}2\r\nhi\r\n0\r\n${lines(...trailers)}`;
        talk(port, ...bytes);
        talk(port, `${head}0\r\n\r\n`);
        expect(seen.slice(2)).toEqual(["hi", seen[1], "", []]);
      });
    }),
  );

  it(
    "of any size comes as fast as it is read, and not faster",
    green(() => {
      let [sent, read] = [0, 0];
      const size = 8 * 1024 * 1024;
      const begin = new Set<() => void>();
      const handler = (request: ServerRequest): ServerResponse => {
        while (begin.size > 0) sleep(1);
        for (const piece of request) read += piece.length;
        return { body: String(read) };
      };
      begin.add(() => {});
      serving(handler, (port) => {
        function* pieces(): Generator<Uint8Array> {
          for (; sent < size; sent += 65536) yield Buffer.alloc(65536);
        }
        const client = spawn(ask, port, "/", { method: "POST", body: pieces() } as RequestOptions);
        // It stands still when the buffers are full.
        let before = -1;
        while (sent === 0 || before !== sent) {
          before = sent;
          sleep(50);
        }
        expect(sent).toBeLessThan(size);
        begin.clear();
        expect(client.get().body).toBe(String(size));
      });
    }),
  );
});

describe("a response", () => {
  it.each<[string, () => ServerResponse | Promise<ServerResponse>, string]>([
    ["of Fetch", () => new Response("text", { headers: { "x-a": "b" } }), "text"],
    ["of Fetch, of JSON", () => Response.json({ a: 1 }), '{"a":1}'],
    ["of Fetch, without a body", () => new Response(null, { status: 200 }), ""],
    ["that is promised", async () => ({ body: "later" }), "later"],
    ["with a stream", () => ({ body: new Blob(["blob"]).stream() as never }), "blob"],
    ["with a set", () => ({ body: new Set(["a", "b"]) }), "ab"],
  ])("%s", (_, handler, body) =>
    green(() =>
      serving(handler, (port) => expect(ask(port, "/")).toMatchObject({ status: 200, body })),
    )(),
  );

  it(
    "of Fetch keeps its status and headers",
    green(() => {
      const headers = new Headers([["x-a", "b"]]);
      headers.append("set-cookie", "a=1");
      headers.append("set-cookie", "b=2");
      serving(
        () => new Response("no", { status: 418, statusText: "Teapot", headers }),
        (port) => {
          const told = ask(port, "/");
          expect(told.status).toBe(418);
          expect(told.headers).toMatchObject({
            "x-a": "b",
            "set-cookie": ["a=1", "b=2"],
            "content-type": "text/plain;charset=UTF-8",
          });
        },
      );
    }),
  );

  it(
    "of another server is passed on as it comes",
    green(() => {
      const origin: Handler = (request) => ({
        status: 201,
        headers: { "x-from": "origin" },
        body: [`${request.method} ${request.target} `, request.text()],
      });
      serving(origin, (inner) => {
        const dispatcher = createAgent();
        const proxy: Handler = ({ method, target, body }) =>
          request(`http://${HOST}:${inner}${target}`, {
            method: method as "POST",
            body,
            dispatcher,
          });
        serving(proxy, (port) => {
          const told = ask(port, "/x?y", { method: "POST", body: "hello" });
          expect(told).toMatchObject({ status: 201, body: "POST /x?y hello" });
          expect(told.headers["x-from"]).toBe("origin");
        });
        wait(dispatcher.destroy());
      });
    }),
  );

  it(
    "of pieces waits for a client that does not read",
    green(() => {
      let made = 0;
      const piece = Buffer.alloc(65536);
      function* pieces(): Generator<Uint8Array> {
        for (; made < 200; made++) yield piece;
      }
      serving(
        () => ({ body: pieces() }),
        (port) => {
          const client = nodeRequest({ port, host: HOST, agent: false }).end();
          const message = wait(
            new Promise<import("node:http").IncomingMessage>((resolve) => {
              client.on("response", resolve);
            }),
          );
          let before = -1;
          while (before !== made) {
            before = made;
            sleep(50);
          }
          expect(made).toBeLessThan(200);
          let got = 0;
          message.on("data", (chunk: Buffer) => (got += chunk.length));
          wait(new Promise((resolve) => message.on("end", resolve)));
          expect(got).toBe(200 * 65536);
        },
      );
    }),
  );
});

describe("a handler", () => {
  it(
    "runs in a greenlet of its own, so many at a time",
    green(() => {
      let [running, most] = [0, 0];
      const handler = (): ServerResponse => {
        most = Math.max(most, ++running);
        while (most < 5) sleep(1);
        running--;
        return { body: "done" };
      };
      serving(handler, (port) => {
        const clients = [1, 2, 3, 4, 5].map(() => spawn(ask, port, "/"));
        expect(clients.map((client) => client.get().body)).toEqual(Array(5).fill("done"));
      });
      expect(most).toBe(5);
    }),
  );

  it("that fails is answered for with status 500, and told of", async () => {
    const boom = new Error("boom");
    const told = await reports(
      green(() => {
        const handler = function page({ target }: ServerRequest): ServerResponse {
          if (target === "/throws") throw boom;
          if (target === "/nothing") return undefined as never;
          if (target === "/text") return "text" as never;
          if (target === "/status") return { status: 42 };
          if (target === "/early") return { status: 103 };
          if (target === "/header") return { headers: { "x-a": "a\r\nx-b: b" } };
          if (target === "/name") return { headers: { "x a": "b" } };
          if (target === "/length") return { headers: { "content-length": 3 }, body: "four" };
          if (target === "/body") return { body: 4 as never };
          if (target === "/piece") return { body: [4 as never] };
          if (target === "/first") return { body: broken() };
          return { body: "fine" };
        };
        // oxlint-disable-next-line require-yield
        function* broken(): Generator<string> {
          throw boom;
        }
        serving(handler, (port) => {
          const wrong = ["throws", "nothing", "text", "status", "early", "header", "name"];
          for (const path of [...wrong, "length", "body", "piece", "first"]) {
            const got = talk(
              port,
              lines(`GET /${path} HTTP/1.1`, "host: me", "") + last("GET / HTTP/1.1"),
            );
            const error = response("Internal Server Error\n", {
              status: "500 Internal Server Error",
              headers: ["content-type: text/plain; charset=utf-8"],
            });
            expect(got, path).toBe(error + response("fine", { close: true }));
          }
        });
      }),
    );
    expect(told).toHaveLength(11);
    expect(told[0]).toEqual([expect.stringMatching(/^page-\d+$/), boom]);
    expect(String(told[1]?.[1])).toContain(
      "what the handler returns must be a response, not undef",
    );
  });

  it("that fails when the head was sent has its connection cut", async () => {
    const told = await reports(
      green(() => {
        function* broken(): Generator<string> {
          yield "begun";
          throw new Error("boom");
        }
        const short = { headers: { "content-length": 9 }, body: ["half"] };
        serving(
          ({ target }) => (target === "/short" ? short : { body: broken() }),
          (port) => {
            for (const path of ["/", "/short"]) {
              const got = talk(port, lines(`GET ${path} HTTP/1.1`, "host: me", ""));
              expect(got).toMatch(/(begun\r\n|half)$/);
            }
          },
        );
      }),
    );
    expect(told.map(([, error]) => (error as Error).message)).toEqual([
      "boom",
      "the body has 4 bytes, and the header content-length of the response says 9",
    ]);
  });

  it(
    "whose body is not sent lets that clean up",
    green(() => {
      const ends: string[] = [];
      const body = (name: string): Iterable<string> => ({
        [Symbol.iterator]: () => ({
          next: () => ({ done: false, value: "x" }),
          return: () => {
            ends.push(name);
            return { done: true, value: undefined };
          },
        }),
      });
      let cancelled = false;
      const stream = new ReadableStream<Uint8Array>({ cancel: () => void (cancelled = true) });
      serving(
        ({ target }) => ({ body: target === "/stream" ? stream : body(target) }),
        (port) => {
          talk(port, last("HEAD /head HTTP/1.1"));
          talk(port, last("HEAD /stream HTTP/1.1"));
        },
      );
      expect([ends, cancelled]).toEqual([["/head"], true]);
    }),
  );
});

describe("serve", () => {
  it(
    "takes a listener, or makes one",
    green(() => {
      const listener = listen({ port: 0, host: HOST });
      const server = serve({ listener }, () => ({ body: "here" }));
      expect([server.port, server.address]).toEqual([listener.port, HOST]);
      expect(ask(server.port, "/").body).toBe("here");
      server.stop();
      expect(server.address).toBe(null);
      expect(() => listener.accept()).toThrow("the listener is closed");
    }),
  );

  it(
    "serves over TLS",
    green(() => {
      const pem = (name: string): string =>
        readFileSync(new URL(`../certificates/${name}`, import.meta.url), "utf8");
      const tls = { key: pem("localhost.key"), cert: pem("localhost.pem") };
      const handler: Handler = (request) => ({ body: `${request.url} ${request.text()}` });
      serving(
        handler,
        (port) => {
          using socket = connect({ port, host: HOST, tls: { rejectUnauthorized: false } });
          socket.write(`${last("POST /x HTTP/1.1", "content-length: 2")}hi`);
          let got = "";
          for (const part of socket) got += part.toString("latin1");
          expect(undated(got)).toBe(response("https://me/x hi", { close: true }));
        },
        { tls },
      );
    }),
  );

  it("runs in a process of its own", async () => {
    const { passed, report } = await runProgram(new URL("../programs/serve.mjs", import.meta.url));
    expect(passed, report).toBe(true);
  });

  it(
    "refuses what it does not know",
    green(() => {
      const ok: Handler = () => ({});
      expect(() => serve(8080 as never, ok)).toThrow("write serve({ port: 8080 })");
      expect(() => serve({ prt: 1 } as never, ok)).toThrow('did you mean "port"?');
      expect(() => serve({ port: 0 }, {} as never)).toThrow("write serve({ port }, (request)");
      expect(() => serve({ port: 0, scheme: "ftp" as never }, ok)).toThrow("scheme must be");
      const taken = listen({ port: 0, host: HOST });
      expect(() => serve({ port: taken.port, host: HOST }, ok)).toThrow("EADDRINUSE");
      taken.close();
    }),
  );

  it("has types", () => {
    expectTypeOf(serve).returns.toEqualTypeOf<HttpServer>();
    expectTypeOf<Response>().toExtend<ServerResponse>();
    expectTypeOf<ReturnType<typeof request>>().toExtend<ServerResponse>();
    expectTypeOf<{ body: string; headers: { "x-a": string } }>().toExtend<ServerResponse>();
    expectTypeOf<{ body: Generator<string> }>().toExtend<ServerResponse>();
    expectTypeOf<string>().not.toExtend<ServerResponse>();
    expectTypeOf<ServerRequest["read"]>().returns.toEqualTypeOf<Buffer | null>();
    expectTypeOf<(request: ServerRequest) => Promise<Response>>().toExtend<Handler>();
  });
});

it(
  "requests of many clients, in a scope",
  green(() => {
    serving(
      (request) => ({ body: `${request.headers.get("x-n")} ${request.text()}` }),
      (port) => {
        const dispatcher = createAgent({ connections: 10 });
        const answers = scope((tasks) => {
          const all = Array.from({ length: 200 }, (_, n) =>
            tasks.spawn(() =>
              request(`http://${HOST}:${port}/`, {
                method: "PUT",
                headers: { "x-n": String(n), "content-type": FORM },
                body: n % 2 === 0 ? `n=${n}` : ["n=", String(n)],
                dispatcher,
              }).body.text(),
            ),
          );
          return all.map((one) => one.get());
        });
        expect(answers).toEqual(Array.from({ length: 200 }, (_, n) => `${n} n=${n}`));
        wait(dispatcher.destroy());
      },
    );
  }),
);
