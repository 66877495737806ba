import type { ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { sleep, spawn } from "@greenlit/core";
import { green } from "@greenlit/testing";
import { FormData } from "undici";
import { describe, expect, it } from "vitest";
import { blockingFetch, fetch } from "../src/index.js";
import { origin } from "./origin.js";

let opened = 0;
let closed = 0;

/** Counts a request that is answered late or never, and its end. */
function track(response: ServerResponse): void {
  opened += 1;
  response.on("close", () => (closed += 1));
}

const site = origin({
  "/json": (_, response) => response.setHeader("content-type", "application/json").end('{"a":1}'),
  "/moved": (_, response) => response.writeHead(302, { location: "/json" }).end(),
  "/gzip": (_, response) => {
    response.setHeader("content-encoding", "gzip");
    response.end(gzipSync("packed"));
  },
  "/echo": (request, response) => {
    response.setHeader("content-type", request.headers["content-type"] ?? "");
    request.pipe(response);
  },
  "/pending": (_, response) => {
    track(response);
    response.write("some");
  },
  "/silent": (_, response) => track(response),
});

describe("fetch", () => {
  it(
    "returns a response whose methods return values",
    green(() => {
      const response = fetch(`${site.url}/json`);
      expect([response.status, response.statusText, response.ok, response.type]).toEqual([
        200,
        "OK",
        true,
        "basic",
      ]);
      expect(response.headers.get("Content-Type")).toBe("application/json");
      expect(response.clone().text()).toBe('{"a":1}');
      expect(response.json()).toEqual({ a: 1 });
      expect(response.bodyUsed).toBe(true);
      expect(() => response.text()).toThrow(TypeError);
    }),
  );

  it(
    "follows redirects and decodes",
    green(() => {
      const response = fetch(`${site.url}/moved`);
      expect([response.url, response.redirected]).toEqual([`${site.url}/json`, true]);
      expect(String(Buffer.from(fetch(`${site.url}/gzip`).bytes()))).toBe("packed");
      expect(fetch(`${site.url}/gzip`).arrayBuffer().byteLength).toBe(6);
      expect(fetch(`${site.url}/gzip`).blob().size).toBe(6);
    }),
  );

  it(
    "sends forms, reads forms",
    green(() => {
      const form = new FormData();
      form.set("name", "value");
      expect(fetch(`${site.url}/echo`, { method: "POST", body: form }).formData().get("name")).toBe(
        "value",
      );
    }),
  );

  it(
    "has a body to iterate, or null",
    green(() => {
      const { body } = fetch(`${site.url}/gzip`);
      expect(Buffer.concat([...(body ?? [])]).toString()).toBe("packed");
      expect(fetch(`${site.url}/json`, { method: "HEAD" }).body).toBe(null);
    }),
  );

  it(
    "takes Node's own fetch and its classes",
    green(() => {
      const input = new globalThis.Request(`${site.url}/echo`, { method: "POST", body: "mine" });
      expect(blockingFetch(globalThis.fetch, input).text()).toBe("mine");
    }),
  );

  it(
    "throws TypeError with the cause and the caller's stack",
    green(function theCaller() {
      let error: unknown;
      try {
        fetch("http://127.0.0.1:1/");
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBeInstanceOf(TypeError);
      expect(error).toMatchObject({
        message: expect.stringMatching(/fetch failed|bad port/) as string,
      });
    }),
  );
});

describe("an interrupted fetch", () => {
  it("is aborted: waiting for headers, in text(), in a loop left early", async () => {
    opened = closed = 0;
    await green(() => {
      const waiting = [
        spawn(() => fetch(`${site.url}/silent`)),
        spawn(() => fetch(`${site.url}/pending`).text()),
      ];
      while (opened < 2) sleep(1);
      sleep(20); // the headers of the second have come
      for (const greenlet of waiting) greenlet.kill();
      for (const chunk of fetch(`${site.url}/pending`).body ?? []) {
        expect(String(Buffer.from(chunk))).toBe("some");
        break;
      }
    })();
    await expect.poll(() => closed).toBe(3);
  });

  it(
    "follows the signal of its options, and that of a Request",
    green(() => {
      const reason = new Error("enough");
      const aborted = AbortSignal.abort(reason);
      expect(() => fetch(`${site.url}/json`, { signal: aborted })).toThrow(reason);
      const input = new globalThis.Request(`${site.url}/json`, { signal: aborted });
      expect(() => blockingFetch(globalThis.fetch, input)).toThrow(reason);
    }),
  );
});
