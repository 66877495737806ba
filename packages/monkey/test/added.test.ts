import dns from "node:dns";
import events, { EventEmitter } from "node:events";
import { readFileSync } from "node:fs";
import http, { createServer, type Server } from "node:http";
import http2 from "node:http2";
import https from "node:https";
import net, { type AddressInfo } from "node:net";
import readline from "node:readline";
import stream, { PassThrough, Readable, Transform } from "node:stream";
import timers from "node:timers";
import tls from "node:tls";
import workers, { MessageChannel } from "node:worker_threads";
import { spawn } from "@greenlit/core";
import { green } from "@greenlit/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { patchAll, unpatchAll } from "../src/index.js";

// The functions Node never had.

/** Made for these tests, for 100 years: `openssl req -x509 -newkey ec ... -subj /CN=localhost`. */
const certificate = (name: string): string =>
  readFileSync(new URL(`certificates/${name}`, import.meta.url), "utf8");
const [KEY, CERTIFICATE] = [certificate("localhost.key"), certificate("localhost.pem")];

let server: Server;
let url: string;
beforeAll(async () => {
  server = createServer((request, response) => request.pipe(response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => patchAll());
afterEach(async () => {
  unpatchAll();
  // The pools of the clients keep connections for the next request, which would look like leaks. To
  // the server a connection is idle only when it has heard that its response is sent; the client
  // may have read that before.
  await expect
    .poll(() => {
      server.closeIdleConnections();
      return new Promise((resolve) => server.getConnections((_, count) => resolve(count)));
    })
    .toBe(0);
});

describe("added functions", () => {
  it("refuse to run outside a greenlet, and name themselves", () => {
    expect(() => net.connectSync(1)).toThrow(/cannot block here/);
    expect(() => dns.lookupSync("localhost")).toThrow(/dns\.lookup/);
    expect(() => dns.resolveSync("localhost")).toThrow(/cannot block here/);
    expect(() => timers.setTimeoutSync(1)).toThrow(/cannot block here/);
  });
});

describe("net", () => {
  it("connects, writes and reads with Node's socket", async () => {
    const echo = net.createServer((socket) =>
      spawn(() => {
        for (let chunk = socket.readSync(); chunk !== null; chunk = socket.readSync())
          socket.writeSync(chunk);
        socket.closeSync();
      }),
    );
    await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve));
    const { port } = echo.address() as AddressInfo;
    await green(() => {
      for (const socket of [
        net.connectSync(port, "127.0.0.1"),
        net.connectSync({ port, host: "127.0.0.1" }),
      ]) {
        expect(socket).toBeInstanceOf(net.Socket);
        socket.writeSync("hello");
        expect(String(socket.readSync(2))).toBe("he");
        expect(String(socket.readSync())).toBe("llo");
        socket.end();
        expect(socket.readSync()).toBe(null);
      }
      expect(() => net.connectSync("/no/such/socket")).toThrow(/ENOENT/);
    })();
    echo.close();
  });
});

describe("dns", () => {
  it(
    "looks up",
    green(() => {
      expect(dns.lookupSync("127.0.0.1")).toEqual({ address: "127.0.0.1", family: 4 });
      expect(dns.lookupSync("127.0.0.1", { all: true })).toEqual([
        { address: "127.0.0.1", family: 4 },
      ]);
    }),
  );
});

describe("http and https", () => {
  it(
    "get and send",
    green(() => {
      expect(http.getSync(url).textSync()).toBe("");
      const options = { method: "POST", body: "sent" };
      expect(http.requestSync(url, options).textSync()).toBe("sent");
      const { hostname, port } = new URL(url);
      expect(http.requestSync({ ...options, hostname, port }).textSync()).toBe("sent");
    }),
  );

  it(
    "refuse the other's protocol, as Node's do",
    green(() => {
      const nodes = ((): unknown => {
        try {
          return https.get(url);
        } catch (error) {
          return error;
        }
      })() as NodeJS.ErrnoException;
      expect(() => https.getSync(url)).toThrow(nodes.message);
      expect(nodes.code).toBe("ERR_INVALID_PROTOCOL");
    }),
  );
});

describe("fetchSync", () => {
  it("is no property that a loop over globals sees", () => {
    expect(Object.keys(globalThis)).not.toContain("fetchSync");
  });

  it(
    "is Node's fetch",
    green(() => {
      expect(fetchSync(url, { method: "POST", body: "sent" }).text()).toBe("sent");
      expect(fetchSync(new Request(url, { method: "PUT", body: "asked" })).text()).toBe("asked");
      const body = new FormData();
      body.set("name", "value");
      expect(fetchSync(url, { method: "POST", body }).text()).toMatch(/name="name"/);
    }),
  );
});

describe("events", () => {
  it(
    "once",
    green(() => {
      const emitter = new EventEmitter();
      spawn(() => emitter.emit("event", 1, 2));
      expect(events.onceSync(emitter, "event")).toEqual([1, 2]);
      const failure = new Error("failed");
      spawn(() => emitter.emit("error", failure));
      expect(() => events.onceSync(emitter, "event")).toThrow(failure);
      const target = new EventTarget();
      spawn(() => target.dispatchEvent(new Event("event")));
      expect(events.onceSync(target, "event")).toMatchObject([{ type: "event" }]);
      expect(emitter.eventNames()).toEqual([]);
    }),
  );
});

describe("stream", () => {
  const upper = (): Transform =>
    new Transform({
      transform(chunk, _, callback) {
        callback(null, String(chunk).toUpperCase());
      },
    });

  it(
    "pipeline",
    green(() => {
      const sink = new PassThrough();
      stream.pipelineSync(["a", "b"], upper(), sink);
      expect([sink.read(), sink.read()].join("")).toBe("AB");
      const counted = stream.pipelineSync(Readable.from(["a", "b"]), async (source: Readable) => {
        let count = 0;
        for await (const _ of source) count++;
        return count;
      });
      expect(counted).toBe(2);
      const open = new PassThrough();
      stream.pipelineSync(Readable.from(["a"]), open, { end: false });
      expect(open.writableEnded).toBe(false);
      const broken = new Readable({ read: () => {} });
      spawn(() => broken.destroy(new Error("broken")));
      expect(() => stream.pipelineSync(broken, new PassThrough())).toThrow("broken");
    }),
  );

  it(
    "pipeline destroys what it was given when it is interrupted",
    green(() => {
      const [source, sink] = [new PassThrough(), new PassThrough()];
      expect(() => stream.pipelineSync(source, sink, { timeout: 1 })).toThrow(/timed out/);
      expect([source.destroyed, sink.destroyed]).toEqual([true, true]);
    }),
  );

  it(
    "finished",
    green(() => {
      const through = new PassThrough();
      spawn(() => through.resume().end("x"));
      stream.finishedSync(through);
      expect(through.readableEnded).toBe(true);
      const half = new PassThrough();
      spawn(() => half.end());
      stream.finishedSync(half, { readable: false });
      spawn(() => half.destroy(new Error("broken")));
      expect(() => stream.finishedSync(half)).toThrow("broken");
    }),
  );
});

describe("readline", () => {
  it(
    "asks",
    green(() => {
      const [input, output] = [new PassThrough(), new PassThrough()];
      const asking = readline.createInterface({ input, output });
      spawn(() => input.write("me\n"));
      expect(asking.questionSync("who? ")).toBe("me");
      expect(String(output.read())).toBe("who? ");
      spawn(() => input.end());
      expect(() => asking.questionSync("who? ")).toThrow("readline was closed");
      expect(() => asking.questionSync("who? ")).toThrow("readline was closed");
    }),
  );
});

describe("worker_threads", () => {
  it(
    "receives messages of a port, none of which is lost",
    green(() => {
      const { port1, port2 } = new MessageChannel();
      port2.postMessage(1);
      const waiting = [1, 2, 3].map(() => spawn(() => workers.receiveMessageOnPortSync(port1)));
      waiting[0]?.join();
      port2.postMessage(2);
      port2.postMessage({ three: 3 });
      port2.postMessage(4);
      expect(waiting.map((g) => g.get())).toEqual([
        { message: 1 },
        { message: 2 },
        { message: { three: 3 } },
      ]);
      expect(() => workers.receiveMessageOnPortSync(port2, { timeout: 1 })).toThrow(/timed out/);
      port1.postMessage("back");
      expect(workers.receiveMessageOnPortSync(port2)).toEqual({ message: "back" });
      expect(workers.receiveMessageOnPortSync(port1)).toEqual({ message: 4 });
      port2.close();
      expect(workers.receiveMessageOnPortSync(port1)).toBe(undefined);
      expect(workers.receiveMessageOnPortSync(port1)).toBe(undefined);
    }),
  );

  it(
    "receives messages of a worker, and its error",
    green(() => {
      const code = `const { parentPort } = require("node:worker_threads");
        parentPort.on("message", (message) => {
          if (message === "fail") throw new Error("failed");
          parentPort.postMessage(message + 1);
        });`;
      const worker = new workers.Worker(code, { eval: true });
      worker.postMessage(1);
      expect(workers.receiveMessageOnPortSync(worker)).toEqual({ message: 2 });
      worker.postMessage("fail");
      expect(() => workers.receiveMessageOnPortSync(worker)).toThrow("failed");
      expect(workers.receiveMessageOnPortSync(worker)).toBe(undefined);
    }),
  );
});

describe("tls and http2", () => {
  it(
    "connect",
    green(() => {
      const plain = http2.createServer((request, response) => {
        if (request.url === "/reset") response.stream.close(2);
        else request.pipe(response.writeHead(201, { "x-two": "2" }));
      });
      plain.listen(0, "127.0.0.1");
      events.onceSync(plain, "listening");
      const { port } = plain.address() as AddressInfo;
      const session = http2.connectSync(`http://127.0.0.1:${port}`);
      const empty = session.requestSync();
      expect([empty.statusCode, empty.headers["x-two"], empty.textSync()]).toEqual([201, "2", ""]);
      const echo = session.requestSync({ ":method": "POST" }, { body: "sent" });
      expect([String(echo.readSync(1)), echo.textSync()]).toEqual(["s", "ent"]);
      expect(() => session.requestSync({ ":path": "/reset" })).toThrow(/INTERNAL_ERROR/);
      // It speaks no TLS.
      expect(() => tls.connectSync({ port, host: "127.0.0.1" })).toThrow();
      session.destroy();
      plain.close();
      events.onceSync(plain, "close");
      expect(() => http2.connectSync(`http://127.0.0.1:${port}`)).toThrow(/ECONNREFUSED/);
      expect(() => tls.connectSync({ port, host: "127.0.0.1" })).toThrow(/ECONNREFUSED/);
    }),
  );

  it(
    "are secure",
    green(() => {
      const secure = tls.createServer({ key: KEY, cert: CERTIFICATE }, (socket) => {
        socket.end("secret");
      });
      secure.listen(0, "127.0.0.1");
      events.onceSync(secure, "listening");
      const { port } = secure.address() as AddressInfo;
      const where = { port, host: "127.0.0.1", servername: "localhost" };
      expect(() => tls.connectSync(where)).toThrow(/self-signed/);
      const socket = tls.connectSync({ ...where, ca: CERTIFICATE });
      expect([socket.authorized, String(socket.readSync())]).toEqual([true, "secret"]);
      expect(socket.readSync()).toBe(null);
      socket.destroy();
      secure.close();
      events.onceSync(secure, "close");
    }),
  );
});

describe("timers", () => {
  it(
    "sleep",
    green(() => {
      const begin = performance.now();
      expect(timers.setTimeoutSync(20, "value")).toBe("value");
      expect(performance.now() - begin).toBeGreaterThan(18);
    }),
  );
});
