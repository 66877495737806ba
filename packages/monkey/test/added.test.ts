import dns from "node:dns";
import http, { createServer, type Server } from "node:http";
import https from "node:https";
import net, { type AddressInfo } from "node:net";
import timers from "node:timers";
import { BlockingSwitchOutError, spawn } from "@greenlit/core";
import { green } from "@greenlit/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { patchAll, unpatchAll } from "../src/index.js";

// The functions Node never had.

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
beforeEach(patchAll);
afterEach(() => {
  unpatchAll();
  // The pools of the clients keep connections for the next request, which would look like leaks.
  server.closeIdleConnections();
});

describe("added functions", () => {
  it("refuse to run outside a greenlet, and name themselves", () => {
    expect(() => net.connectSync(1)).toThrow(BlockingSwitchOutError);
    expect(() => dns.lookupSync("localhost")).toThrow(/dns\.lookup/);
    expect(() => dns.resolveSync("localhost")).toThrow(BlockingSwitchOutError);
    expect(() => timers.setTimeoutSync(1)).toThrow(BlockingSwitchOutError);
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
