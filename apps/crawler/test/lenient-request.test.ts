import { lookup } from "node:dns";
import { run } from "greenlit";
import { describe, expect, it } from "vitest";
import { lenientRequest, mayBeReadLeniently } from "../src/lenient-request.js";
import { type RawAnswer, serveRaw } from "./raw-server.js";

const OPTIONS = {
  headers: { "user-agent": "Test/1" },
  lookup,
  maxHeaderSize: 100_000,
  timeout: 500,
};

async function ask<T>(answer: RawAnswer, look: (it: ReturnType<typeof lenientRequest>) => T) {
  const { origin } = await serveRaw(() => answer);
  return run(() => {
    const response = lenientRequest(new URL(origin), OPTIONS);
    try {
      return look(response);
    } finally {
      response.body.destroy();
    }
  });
}

describe("lenientRequest", () => {
  it("takes answers that are not quite HTTP, and keeps each line of a header", async () => {
    const head = "HTTP/1.1 200 Fine\nSet-Cookie: a=1\nset-cookie: b=2\nContent-Length: 4\n";
    const answer = `HTTP/1.1 100 Continue\r\n\r\n${head}Content-Type: a/b\nContent-Type: c/d\n\nbody`;
    await ask(answer, ({ status, statusText, headers, body }) => {
      expect([status, statusText]).toEqual([200, "Fine"]);
      expect({ ...headers }).toEqual({
        "set-cookie": ["a=1", "b=2"],
        "content-length": "4",
        "content-type": ["a/b", "c/d"],
      });
      expect(String(body.read())).toBe("body");
      expect(body.read()).toBe(null);
    });
  });

  it("has a limit for the body, and a time for all of it", async () => {
    const begin = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbegin";
    await ask(begin + "x".repeat(995), ({ body }) => {
      expect(() => body.bytes({ limit: 10 })).toThrow("10 bytes");
    });
    await ask(begin, ({ body }) => {
      expect(String(body.read())).toBe("begin");
      expect(() => body.read({ timeout: 10 })).toThrow("timed out after 10 ms");
      expect(() => body.bytes({ limit: 10_000 })).toThrow("timed out");
    });
    await expect(
      ask(
        () => {},
        () => null,
      ),
    ).rejects.toThrow("timed out after 500 ms");
  });
});

describe("mayBeReadLeniently", () => {
  it("is for answers of a wrong form, not for connections that fail", () => {
    const withName = (name: string): Error => Object.assign(new Error("x"), { name });
    const socket = (message: string): Error =>
      Object.assign(new Error(message), { code: "UND_ERR_SOCKET" });
    expect(mayBeReadLeniently(withName("HTTPParserError"))).toBe(true);
    expect(mayBeReadLeniently(socket("bad response"))).toBe(true);
    expect(mayBeReadLeniently(socket("other side closed"))).toBe(false);
    expect(mayBeReadLeniently(withName("Timeout"))).toBe(false);
  });
});
