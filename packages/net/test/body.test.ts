import { ConcurrentObjectUseError, sleep, spawn, Timeout, withTimeout } from "@greenlit/core";
import { green } from "@greenlit/testing";
import { describe, expect, it } from "vitest";
import { type Body, BodyTooLargeError, createAgent, request } from "../src/index.js";
import { origin } from "./origin.js";

const MiB = 1 << 20;
let written = 0;

const site = origin({
  "/empty": (_, response) => response.writeHead(204).end(),
  "/text": (_, response) => response.end("\u{feff}grün"),
  "/chunks": (_, response) => {
    let i = 0;
    const next = (): void => {
      if (i === 5) response.end();
      else response.write(`chunk ${i++};`, () => setTimeout(next, 2));
    };
    next();
  },
  "/large": (_, response) => {
    written = 0;
    const more = (): void => {
      while (written < 64 * MiB) {
        written += 65536;
        if (!response.write(Buffer.alloc(65536, "x"))) {
          response.once("drain", more);
          return;
        }
      }
      response.end();
    };
    more();
  },
  "/announced": (_, response) => {
    response.writeHead(200, { "content-length": 5 * MiB });
    response.write("x");
  },
  "/pending": (_, response) => {
    response.write("some");
  },
});

const get = (path: string): Body => request(site.url + path).body;

describe("read", () => {
  it(
    "gives the chunks as they come, then null",
    green(() => {
      const body = get("/chunks");
      const chunks = [...body].map(String);
      expect(chunks.length).toBeGreaterThan(1);
      expect(chunks.join("")).toBe("chunk 0;chunk 1;chunk 2;chunk 3;chunk 4;");
      expect(body.read()).toBe(null);
      expect(get("/empty").read()).toBe(null);
    }),
  );

  it(
    "holds the sender back while nobody reads, then gives all",
    green(() => {
      const body = get("/large");
      sleep(100);
      // What the two kernel buffers, the server's stream and ours hold; far from 64 MiB.
      expect(written).toBeLessThan(16 * MiB);
      let size = 0;
      for (const chunk of body) size += chunk.length;
      expect(size).toBe(64 * MiB);
    }),
  );

  it(
    "allows one reader at a time",
    green(() => {
      const body = get("/pending");
      body.read();
      const first = spawn(() => body.read());
      sleep(0);
      expect(() => body.read()).toThrow(ConcurrentObjectUseError);
      first.kill();
    }),
  );
});

describe("bytes, text, json", () => {
  it(
    "collect the rest",
    green(() => {
      const body = get("/chunks");
      const first = String(body.read());
      expect(first + body.text()).toBe("chunk 0;chunk 1;chunk 2;chunk 3;chunk 4;");
      expect(get("/text").text()).toBe("grün");
      expect(get("/text").bytes()).toHaveLength(8);
      expect(get("/empty").bytes()).toHaveLength(0);
      expect(() => get("/text").json()).toThrow(SyntaxError);
    }),
  );

  it(
    "collect a large body, after it was held back",
    green(() => {
      const body = get("/large");
      sleep(50);
      expect(body.bytes({ limit: 64 * MiB })).toHaveLength(64 * MiB);
    }),
  );

  it.each(["/large", "/announced"])("refuse what is too large: %s", async (path) => {
    await green(() => {
      let error: unknown;
      try {
        get(path).bytes({ limit: MiB });
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBeInstanceOf(BodyTooLargeError);
      expect(error).toMatchObject({ code: "ERR_GREENLIT_BODY_TOO_LARGE", limit: MiB });
    })();
    expect(written).toBeLessThan(16 * MiB);
  });

  it(
    "accept exactly the limit",
    green(() => {
      expect(get("/text").bytes({ limit: 8 })).toHaveLength(8);
      expect(() => get("/text").bytes({ limit: 7 })).toThrow(BodyTooLargeError);
    }),
  );

  it(
    "time out",
    green(() => {
      expect(() => get("/pending").text({ timeout: 20 })).toThrow(Timeout);
    }),
  );
});

describe("destroy", () => {
  it("closes the connection, also when a loop ends early or the reader is killed", async () => {
    await expect.poll(() => site.open).toBe(0);
    await green(() => {
      const dispatcher = createAgent();
      const pending = (): Body => request(`${site.url}/pending`, { dispatcher }).body;
      pending().destroy();
      for (const chunk of pending()) if (chunk.length > 0) break;
      {
        using body = pending();
        body.read();
      }
      const body = pending();
      expect(() => withTimeout(10, () => body.bytes())).toThrow(Timeout);
      expect(() => body.read()).toThrow(Timeout);
      const reader = spawn(() => pending().bytes());
      sleep(20);
      reader.kill();
    })();
    await expect.poll(() => site.open).toBe(0);
  });

  it(
    "does nothing to a body that has ended: its connection is used again",
    green(() => {
      const dispatcher = createAgent();
      const before = site.connections;
      for (let i = 0; i < 3; i++) {
        const { body } = request(`${site.url}/text`, { dispatcher });
        body.bytes();
        body.destroy();
      }
      expect(site.connections - before).toBe(1);
      void dispatcher.destroy();
    }),
  );
});
