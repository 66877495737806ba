import type { ServerResponse } from "node:http";
import { createServer, type Server } from "node:net";
import { joinAll, run, sleep, spawn, Timeout, withTimeout } from "@greenlit/core";
import { fakeClock, green } from "@greenlit/testing";
import { afterEach, describe, expect, it } from "vitest";
import { createAgent, request } from "../src/index.js";
import { origin } from "./origin.js";

/** Requests that are answered when all ten are here. */
const together: ServerResponse[] = [];

const site = origin({
  "/hello": (_, response) => response.end("hello"),
  "/together": (_, response) => {
    if (together.push(response) < 10) return;
    for (const one of together.splice(0)) one.end("hello");
  },
  "/echo": (request, response) => {
    response.writeHead(201, "Made", {
      "x-method": request.method,
      "x-type": request.headers["content-type"] ?? "",
    });
    request.pipe(response);
  },
  "/headers": (request, response) => {
    response.setHeader("Set-Cookie", ["a=1", "b=2"]);
    response.setHeader("X-Mixed-Case", "Value");
    response.end(JSON.stringify(request.headers));
  },
  "/hints": (_, response) => {
    response.writeEarlyHints({ link: "</style.css>; rel=preload" });
    setTimeout(() => response.end("final"), 10);
  },
  "/silent": () => {},
  "/slow-body": (_, response) => {
    response.write("first");
  },
  "/early": (_, response) => {
    response.writeHead(413, { connection: "close" }).end("too much");
  },
});

const caught = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
};

let raw: Server | undefined;
afterEach(() => raw?.close());

/** A server that answers every connection with these bytes and closes it. */
async function rawServer(answer: string): Promise<string> {
  raw = createServer((socket) =>
    socket.on("error", () => {}).once("data", () => socket.end(answer)),
  );
  await new Promise<void>((resolve) => raw?.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(raw.address() as { port: number }).port}`;
}

describe("request", () => {
  it(
    "returns status, headers and body",
    green(() => {
      const response = request(`${site.url}/headers?q=1`, {
        headers: { "X-One": "1", "x-two": ["a", "b"] },
      });
      expect([response.status, response.statusText]).toEqual([200, "OK"]);
      expect(response.headers["set-cookie"]).toEqual(["a=1", "b=2"]);
      expect(response.headers["x-mixed-case"]).toBe("Value");
      expect(response.body.json()).toMatchObject({ "x-one": "1", "x-two": "a, b" });
    }),
  );

  it("gives headers as they came, too", async () => {
    const url = await rawServer(
      "HTTP/1.1 200 OK\r\nX-B: 1\r\nSET-Cookie: a\r\nx-a:  \xfc \r\nSet-Cookie: b\r\n\r\n",
    );
    const headers = await run(() => {
      const { rawHeaders, body } = request(url);
      body.bytes();
      return rawHeaders;
    });
    const expected = ["X-B", "1", "SET-Cookie", "a", "x-a", "Ã¼ ", "Set-Cookie", "b"];
    expect(headers).toEqual(expected);
  });

  it(
    "makes no error of a status, and follows no redirect",
    green(() => {
      const response = request(new URL("/none", site.url));
      expect([response.status, response.body.text()]).toEqual([404, "not here"]);
    }),
  );

  it(
    "passes over informational responses",
    green(() => {
      const response = request(`${site.url}/hints`);
      expect([response.status, response.body.text()]).toEqual([200, "final"]);
    }),
  );

  it.each([
    ["a string", "text"],
    ["bytes", Buffer.from("text")],
    ["an iterable", ["te", Buffer.from("xt"), ""]],
    ["nothing of an iterable", []],
  ])(
    "sends %s",
    green((_, body) => {
      const response = request(`${site.url}/echo`, {
        method: "POST",
        body,
        headers: { "content-type": "a/b" },
      });
      expect([response.status, response.statusText]).toEqual([201, "Made"]);
      expect(response.headers).toMatchObject({ "x-method": "POST", "x-type": "a/b" });
      expect(response.body.text()).toBe(body.length === 0 ? "" : "text");
    }),
  );

  it(
    "sends an iterable that blocks, larger than any buffer",
    green(() => {
      let cleaned = false;
      function* pieces(): Generator<Buffer> {
        try {
          for (let i = 0; i < 64; i++) {
            sleep(i % 8 === 0 ? 1 : 0);
            yield Buffer.alloc(65536, i);
          }
        } finally {
          cleaned = true;
        }
      }
      const sending = spawn(
        () => request(`${site.url}/hello`, { method: "POST", body: pieces() }).status,
      );
      expect(sending.get()).toBe(200);
      expect(cleaned).toBe(true);
    }),
  );

  it(
    "returns an answer that comes before the body was sent, and stops sending",
    green(() => {
      let pieces = 0;
      function* endless(): Generator<Buffer> {
        for (;;) {
          pieces += 1;
          yield Buffer.alloc(65536);
        }
      }
      const outcome = spawn(() => {
        try {
          return request(`${site.url}/early`, { method: "POST", body: endless() }).status;
        } catch (error) {
          return (error as NodeJS.ErrnoException).code;
        }
      }).get();
      // Whether the answer or the reset that follows it is seen first is the kernel's business.
      expect([413, "EPIPE", "ECONNRESET", "UND_ERR_SOCKET"]).toContain(outcome);
      const sent = pieces;
      sleep(20);
      expect(pieces).toBe(sent);
    }),
  );

  it(
    "aborts when the iterable of the body throws",
    green(() => {
      const mine = new Error("mine");
      function* failing(): Generator<string> {
        yield "x";
        throw mine;
      }
      expect(caught(() => request(`${site.url}/echo`, { method: "POST", body: failing() }))).toBe(
        mine,
      );
    }),
  );

  it(
    "keeps connections, and makes as many as there are requests at once",
    green(() => {
      const agent = createAgent();
      const before = site.connections;
      for (let i = 0; i < 5; i++) request(`${site.url}/hello`, { dispatcher: agent }).body.bytes();
      expect(site.connections - before).toBe(1);
      const all = Array.from({ length: 10 }, () =>
        spawn(() => request(`${site.url}/together`, { dispatcher: agent }).body.text()),
      );
      joinAll(all);
      expect(all.map((one) => one.get())).toEqual(Array(10).fill("hello"));
      expect(site.connections - before).toBe(10);
      void agent.destroy();
    }),
  );
});

describe("errors", () => {
  it(
    "are Node's, with the stack of the caller",
    green(function theCaller() {
      const error = caught(() => request("http://127.0.0.1:1/")) as NodeJS.ErrnoException;
      expect(error.code).toBe("ECONNREFUSED");
      expect(error.stack).toMatch(/theCaller/);
    }),
  );

  it(
    "of the arguments are thrown too",
    green(() => {
      expect(() => request("no url")).toThrow(TypeError);
      expect(() => request(`${site.url}/`, { method: "BAD METHOD" })).toThrow(
        /invalid request method/,
      );
      expect(() => request(`${site.url}/`, { headers: { "bad header": "1" } })).toThrow(
        /invalid header/,
      );
      expect(() => request(`${site.url}/`, { timeout: -1 })).toThrow(RangeError);
    }),
  );

  it("of the protocol are undici's", async () => {
    const broken = await rawServer("HTTP/1.1 what\r\n\r\n");
    const cut = await run(() => caught(() => request(broken)));
    expect(cut).toMatchObject({ name: "HTTPParserError" });
  });

  it("come for a body that is cut short", async () => {
    const short = await rawServer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    await green(() => {
      const { body } = request(short);
      expect(caught(() => body.bytes())).toMatchObject({ code: "UND_ERR_SOCKET" });
    })();
  });
});

describe("times", () => {
  it("timeout ends the wait for headers and the exchange", async () => {
    await expect.poll(() => site.open).toBe(0);
    await green(() => {
      const agent = createAgent();
      expect(() => request(`${site.url}/silent`, { timeout: 30, dispatcher: agent })).toThrow(
        Timeout,
      );
    })();
    await expect.poll(() => site.open).toBe(0);
  });

  it(
    "timeout covers the body",
    green(() => {
      using clock = fakeClock({ auto: false });
      const { body } = request(`${site.url}/slow-body`, { timeout: 60 });
      expect(String(body.read())).toBe("first");
      const reading = spawn(() => caught(() => body.read()));
      clock.advance(59);
      expect(reading.ready).toBe(false);
      clock.advance(1);
      expect(reading.get()).toBeInstanceOf(Timeout);
    }),
  );

  it(
    "headersTimeout and bodyTimeout are undici's",
    green(() => {
      expect(caught(() => request(`${site.url}/silent`, { headersTimeout: 50 }))).toMatchObject({
        code: "UND_ERR_HEADERS_TIMEOUT",
      });
      const { body } = request(`${site.url}/slow-body`, { bodyTimeout: 50 });
      expect(caught(() => body.bytes())).toMatchObject({ code: "UND_ERR_BODY_TIMEOUT" });
    }),
  );

  it(
    "connectTimeout limits the wait for a connection, not for the answer",
    green(() => {
      using clock = fakeClock({ auto: false });
      const agent = createAgent({ connections: 1 });
      const first = request(`${site.url}/slow-body`, { dispatcher: agent });
      const second = spawn(() =>
        caught(() => request(`${site.url}/hello`, { dispatcher: agent, connectTimeout: 30 })),
      );
      clock.advance(30);
      expect(second.get()).toMatchObject({ code: "UND_ERR_CONNECT_TIMEOUT" });
      const times = { connectTimeout: 20, timeout: 80 };
      const third = spawn(() => caught(() => request(`${site.url}/silent`, times)));
      while (site.open < 2) sleep(0); // until it has arrived, and so is connected
      clock.advance(80);
      expect(third.get()).toBeInstanceOf(Timeout);
      first.body.destroy();
    }),
  );

  it(
    "a signal interrupts with its reason",
    green(() => {
      const reason = new Error("enough");
      const controller = new AbortController();
      setTimeout(() => controller.abort(reason), 20);
      expect(caught(() => request(`${site.url}/silent`, { signal: controller.signal }))).toBe(
        reason,
      );
    }),
  );
});

describe("an interrupted greenlet", () => {
  it("aborts its request when killed", async () => {
    await expect.poll(() => site.open).toBe(0);
    await green(() => {
      const agent = createAgent();
      const waiting = spawn(() => request(`${site.url}/silent`, { dispatcher: agent }));
      while (site.open === 0) sleep(1);
      waiting.kill();
    })();
    await expect.poll(() => site.open).toBe(0);
  });

  it(
    "takes a request back that still waits for a connection",
    green(() => {
      const agent = createAgent({ connections: 1 });
      const first = request(`${site.url}/slow-body`, { dispatcher: agent });
      expect(() =>
        withTimeout(20, () => request(`${site.url}/hello`, { dispatcher: agent })),
      ).toThrow(Timeout);
      first.body.destroy();
      expect(request(`${site.url}/hello`, { dispatcher: agent }).body.text()).toBe("hello");
    }),
  );
});
