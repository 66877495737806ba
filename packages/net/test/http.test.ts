import * as nodeHttp from "node:http";
import { sleep, spawn, Timeout } from "@greenlit/core";
import { green } from "@greenlit/testing";
import { describe, expect, it } from "vitest";
import { BodyTooLargeError, get, requestMessage } from "../src/index.js";
import { origin } from "./origin.js";

const site = origin({
  "/hello": (request, response) => {
    response.setHeader("X-Method", request.method ?? "");
    response.end("hello");
  },
  "/echo": (request, response) => request.pipe(response),
  "/silent": () => {},
  "/cut": (_, response) => {
    response.writeHead(200, { "content-length": 10 });
    response.write("half", () => response.destroy());
  },
});

describe("get", () => {
  it(
    "returns a message as Node's",
    green(() => {
      const response = get(`${site.url}/hello`);
      expect([response.statusCode, response.statusMessage, response.httpVersion]).toEqual([
        200,
        "OK",
        "1.1",
      ]);
      expect(response.headers["x-method"]).toBe("GET");
      expect(response.rawHeaders).toContain("X-Method");
      expect(response.message).toBeInstanceOf(nodeHttp.IncomingMessage);
      expect(response.readSync(2)?.toString()).toBe("he");
      expect(response.textSync()).toBe("llo");
      expect(response.readSync()).toBe(null);
    }),
  );

  it(
    "takes everything in the options, and Node's agents",
    green(() => {
      const agent = new nodeHttp.Agent({ keepAlive: true });
      const { hostname, port } = new URL(site.url);
      const before = site.connections;
      for (let i = 0; i < 3; i++) {
        expect([...get({ hostname, port, path: "/hello", agent })].join("")).toBe("hello");
        sleep(1);
      }
      expect(site.connections - before).toBe(1);
      agent.destroy();
    }),
  );

  it(
    "limits the body",
    green(() => {
      expect(() => get(`${site.url}/hello`).bytesSync({ limit: 4 })).toThrow(BodyTooLargeError);
    }),
  );

  it(
    "throws Node's errors with the caller's stack",
    green(function theCaller() {
      let error: unknown;
      try {
        get("http://127.0.0.1:1/");
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toMatchObject({
        code: "ECONNREFUSED",
        stack: expect.stringMatching("theCaller") as string,
      });
      expect(() => get(`${site.url}/cut`).textSync()).toThrow(/aborted/);
    }),
  );

  it("is aborted by a timeout or a kill", async () => {
    await expect.poll(() => site.open).toBe(0);
    await green(() => {
      expect(() => get(`${site.url}/silent`, { timeout: 20 })).toThrow(Timeout);
      const waiting = spawn(() => get(`${site.url}/silent`));
      sleep(20);
      waiting.kill();
    })();
    await expect.poll(() => site.open).toBe(0);
  });
});

describe("requestMessage", () => {
  it(
    "sends a body",
    green(() => {
      const response = requestMessage(`${site.url}/echo`, { method: "POST", body: '{"a":1}' });
      expect(response.jsonSync()).toEqual({ a: 1 });
    }),
  );
});
