import { readFileSync } from "node:fs";
import * as http from "node:http";
import { once } from "node:events";
import { ConcurrentObjectUseError, joinAll, sleep, spawn, Timeout, wait } from "@greenlit/core";
import { green, thrownBy } from "@greenlit/testing";
import { describe, expect, it } from "vitest";
import {
  acceptWebSocket,
  connect,
  connectWebSocket,
  listenWebSocket,
  type ListenWebSocketOptions,
  SocketClosedError,
  WebSocket,
  type WebSocketOptions,
} from "../src/index.js";

const host = "127.0.0.1";
const pem = (name: string): string =>
  readFileSync(new URL(`certificates/${name}`, import.meta.url), "utf8");

/** Runs `test` with the two ends of a WebSocket, and closes what it leaves open. */
function pair(
  test: (near: WebSocket, far: WebSocket) => void,
  server: ListenWebSocketOptions = {},
  client: WebSocketOptions = {},
): () => Promise<void> {
  return green(() => {
    using listener = listenWebSocket({ port: 0, host, ...server });
    const scheme = server.tls === undefined ? "ws" : "wss";
    const near = connectWebSocket(`${scheme}://${host}:${listener.port}/chat?room=1`, client);
    const far = listener.accept();
    try {
      test(near, far);
    } finally {
      near.terminate();
      far.terminate();
    }
  });
}

const codeOf = (error: unknown): unknown => (error as NodeJS.ErrnoException).code;

describe("a WebSocket", () => {
  it(
    "carries text and bytes, both ways",
    pair((near, far) => {
      near.send("grüße");
      near.send(Buffer.from([1, 2, 3]));
      near.send("");
      expect([far.receive(), far.receive(), far.receive()]).toEqual([
        "grüße",
        Buffer.from([1, 2, 3]),
        "",
      ]);
      far.send("x".repeat(1 << 20));
      expect(near.receive()).toHaveLength(1 << 20);
      expect([far.request?.url, near.request]).toEqual(["/chat?room=1", null]);
    }),
  );

  it(
    "is iterated until the peer closes it, and says why",
    pair((near, far) => {
      const messages = spawn(() => [...far]);
      for (const message of ["a", "b"]) near.send(message);
      near.close(4001, "enough");
      expect(messages.get()).toEqual(["a", "b"]);
      expect([far.closeCode, far.closeReason, far.closed]).toEqual([4001, "enough", true]);
      expect([near.closed, near.closeCode]).toEqual([true, 4001]);
      expect(far.receive()).toBe(null);
      expect(() => far.send("x")).toThrow(SocketClosedError);
      expect(() => near.receive()).toThrow(SocketClosedError);
      near.close();
    }),
  );

  it(
    "holds the sender back while nobody receives, and loses nothing",
    pair((near, far) => {
      let sent = 0;
      const payload = Buffer.alloc(256 * 1024, 1);
      const sender = spawn(() => {
        for (; sent < 200; sent++) near.send(payload);
      });
      sleep(100);
      const before = sent;
      expect(before).toBeLessThan(150);
      expect(sender.ready).toBe(false);
      for (let i = 0; i < 200; i++) expect(far.receive()).toHaveLength(payload.length);
      sender.get();
    }),
  );

  it(
    "refuses a message beyond the limit, and says so to both",
    pair(
      (near, far) => {
        near.send("x".repeat(100));
        expect(far.receive()).toHaveLength(100);
        near.send("x".repeat(101));
        expect(codeOf(thrownBy(() => far.receive()))).toBe("WS_ERR_UNSUPPORTED_MESSAGE_LENGTH");
        expect(near.receive()).toBe(null);
        expect(near.closeCode).toBe(1009);
      },
      { maxMessage: 100 },
    ),
  );

  it(
    "lets many send at a time, and one receive",
    pair((near, far) => {
      joinAll(Array.from({ length: 20 }, (_, i) => spawn(() => near.send(String(i)))));
      const got = Array.from({ length: 20 }, () => Number(far.receive()));
      expect(got.sort((a, b) => a - b)).toEqual(got.map((_, i) => i));
      const first = spawn(() => far.receive());
      sleep(1);
      expect(() => far.receive()).toThrow(ConcurrentObjectUseError);
      near.send("x");
      expect(first.get()).toBe("x");
    }),
  );

  it(
    "asks whether the peer is there",
    pair((near, far) => {
      expect(near.ping()).toBeGreaterThanOrEqual(0);
      expect(far.ping({ timeout: 10_000 })).toBeLessThan(10_000);
      const asking = spawn(() => thrownBy(() => near.ping()));
      far.terminate();
      expect(asking.get()).toBeInstanceOf(Error);
    }),
  );

  it(
    "notices a peer that has gone without a word",
    pair((near, far) => {
      const waiting = spawn(() =>
        thrownBy(function theCaller() {
          near.receive();
        }),
      );
      sleep(1);
      far.terminate();
      const error = waiting.get() as NodeJS.ErrnoException;
      expect(error.code).toBe("ECONNRESET");
      expect(error.stack).toMatch(/theCaller/);
      expect(near.closeCode).toBe(1006);
    }),
  );

  it(
    "times out, is killed, and loses nothing by it",
    pair((near, far) => {
      expect(() => far.receive({ timeout: 5 })).toThrow(Timeout);
      const doomed = spawn(() => far.receive());
      sleep(1);
      doomed.kill();
      near.send("x");
      expect(far.receive()).toBe("x");
    }),
  );

  it(
    "cuts off a peer that does not close in time",
    pair((near, far) => {
      // It reads nothing, so it cannot answer.
      (far as unknown as { ws: { pause(): void } }).ws.pause();
      expect(() => near.close(1000, "", { timeout: 20 })).toThrow(Timeout);
      while (!near.closed) sleep(1);
      expect(() => near.close(5)).not.toThrow();
    }),
  );

  it(
    "is closed by `using`, without waiting",
    pair((near, far) => {
      {
        using _socket = near;
      }
      expect(far.receive()).toBe(null);
      expect(far.closeCode).toBe(1000);
    }),
  );

  it(
    "agrees on a protocol, and may compress",
    pair(
      (near, far) => {
        expect([near.protocol, far.protocol]).toEqual(["b", "b"]);
        near.send("y".repeat(10_000));
        expect(far.receive()).toHaveLength(10_000);
        expect(far.request?.headers["x-token"]).toBe("t");
      },
      { protocols: ["c", "b"], compress: true },
      { protocols: ["a", "b"], compress: true, headers: { "x-token": "t" } },
    ),
  );

  it(
    "speaks TLS",
    pair(
      (near, far) => {
        near.send("secret");
        expect(far.receive()).toBe("secret");
      },
      { tls: { key: pem("localhost.key"), cert: pem("localhost.pem") } },
      { tls: { ca: pem("ca.pem") } },
    ),
  );

  it(
    "refuses what is wrong",
    pair((near) => {
      expect(() => near.send(5 as never)).toThrow("data must be a string or Uint8Array");
      expect(() => near.close("x" as never)).toThrow("code must be a number");
      expect(() => near.close(1006)).toThrow(TypeError);
      expect(() => near.close(1000, "x".repeat(124))).toThrow("reason must be at most 123");
      expect(() => connectWebSocket("http://x")).toThrow("url must be one of ws: or wss:");
      expect(() => connectWebSocket("nothing")).toThrow("Invalid URL");
      expect(() => connectWebSocket("ws://x", { protcols: [] } as never)).toThrow(
        'did you mean "protocols"?',
      );
      near.send("still open");
    }),
  );
});

describe("listenWebSocket", () => {
  it(
    "answers other requests, and other paths, with a status",
    green(() => {
      using listener = listenWebSocket({ port: 0, host, pathname: "/chat" });
      const url = `ws://${host}:${listener.port}`;
      expect(String(thrownBy(() => connectWebSocket(`${url}/other`)))).toMatch(
        /Unexpected server response: 400/,
      );
      using plain = connect({ port: listener.port, host });
      plain.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
      expect(plain.readLine()).toBe("HTTP/1.1 426 Upgrade Required");
      expect(thrownBy(() => connectWebSocket("ws://127.0.0.1:1/"))).toMatchObject({
        code: "ECONNREFUSED",
      });
    }),
  );

  it(
    "is closed under who accepts; those accepted go on",
    green(() => {
      const listener = listenWebSocket({ port: 0, host });
      const near = connectWebSocket(`ws://${host}:${listener.port}`);
      const far = listener.accept();
      const late = connectWebSocket(`ws://${host}:${listener.port}`);
      sleep(20); // it has arrived, and nobody takes it
      const iterating = spawn(() => [...listener].length);
      sleep(1);
      listener.close();
      expect(iterating.get()).toBeLessThanOrEqual(1);
      expect(() => listener.accept()).toThrow(SocketClosedError);
      near.send("x");
      expect(far.receive()).toBe("x");
      near.close();
      late.terminate();
    }),
  );

  it(
    "refuses other options",
    green(() => {
      expect(() => listenWebSocket(8080 as never)).toThrow("options must be an object of port");
      expect(() => listenWebSocket({ prt: 1 } as never)).toThrow('did you mean "port"?');
    }),
  );
});

describe("acceptWebSocket", () => {
  it(
    "takes over a request of a server of node:http",
    green(() => {
      const server = http.createServer();
      const errors: string[] = [];
      server.on("upgrade", (request, socket, head) => {
        try {
          const far = acceptWebSocket(request, socket, head, { protocols: ["p"] });
          spawn(() => {
            for (const message of far) far.send(`${message}!`);
          });
        } catch (error) {
          errors.push((error as Error).message);
        }
      });
      server.listen(0, host);
      wait(once(server, "listening"));
      const { port } = server.address() as { port: number };
      const near = connectWebSocket(`ws://${host}:${port}`, { protocols: ["p"] });
      near.send("hi");
      expect([near.receive(), near.protocol]).toEqual(["hi!", "p"]);
      near.close();
      using plain = connect({ port, host });
      plain.write("GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n");
      expect(plain.readLine()).toBe("HTTP/1.1 400 Bad Request");
      expect(errors).toHaveLength(1);
      server.closeAllConnections();
      server.close();
    }),
  );
});
