import { gzipSync } from "node:zlib";
import { joinAll, run, sleep, spawn } from "greenlit";
import { describe, expect, it, onTestFinished } from "vitest";
import { AddressGuard } from "../src/address-guard.js";
import { Client } from "../src/client.js";
import { errorCode } from "../src/errors.js";
import { isAllowed } from "../src/robots.js";
import { RobotsCache, type RobotsCacheOptions, RobotsUnavailable } from "../src/robots-cache.js";
import { type Handler, serve, site } from "./server.js";

function cacheOf(options: Partial<RobotsCacheOptions> = {}): RobotsCache {
  const guard = new AddressGuard(true);
  const client = new Client({
    userAgent: "Bot",
    timeout: 2_000,
    bodyLimit: 10_000,
    guard,
  });
  onTestFinished(() => run(() => client.close()));
  return new RobotsCache(client, { userAgent: "Bot/1", retryDelay: 1, ...options });
}

/** Whether `/private` may be fetched, or the code of the error that says nothing may. */
function ask(cache: RobotsCache, origin: string): boolean | string {
  try {
    const url = new URL("/private", origin);
    return isAllowed(cache.rulesFor(url), url);
  } catch (error) {
    return errorCode(error);
  }
}

/** Why nothing may be fetched. */
function refusal(cache: RobotsCache, origin: string): RobotsUnavailable {
  try {
    cache.rulesFor(new URL(origin));
  } catch (error) {
    if (error instanceof RobotsUnavailable) return error;
  }
  throw new Error("there are rules");
}

const FORBIDS = "User-agent: *\nDisallow: /private\n";

async function verdict(
  handler: Handler,
  options: Partial<RobotsCacheOptions> = {},
): Promise<boolean | string> {
  const { origin } = await serve(handler);
  return run(() => ask(cacheOf(options), origin));
}

describe("RobotsCache", () => {
  it.each<[number, boolean | string]>([
    [200, false],
    [204, true],
    [400, true],
    [401, true],
    [403, true],
    [404, true],
    [410, true],
    [500, "robots-unreachable"],
    [503, "robots-unreachable"],
  ])("answers for a status of %i: %s", async (status, expected) => {
    expect(
      await verdict(site({ "/robots.txt": { status, body: status === 200 ? FORBIDS : "" } })),
    ).toBe(expected);
  });

  it("follows five redirects, and takes more for a file that is not there", async () => {
    const hops =
      (count: number): Handler =>
      (request, response) => {
        const hop = Number(request.url!.replace(/\D/g, "") || count);
        if (hop === 0) response.end(FORBIDS);
        else response.writeHead(301, { location: `/hop${hop - 1}` }).end();
      };
    expect(await verdict(hops(5))).toBe(false);
    expect(await verdict(hops(6))).toBe(true);
  });

  it("obeys a file another host serves, for the host that redirects there", async () => {
    const other = await serve(site({ "/r.txt": { status: 200, body: FORBIDS } }));
    const { origin } = await serve(
      site({ "/robots.txt": { status: 302, headers: { location: `${other.origin}/r.txt` } } }),
    );
    await run(() => {
      const cache = cacheOf();
      expect(ask(cache, origin)).toBe(false);
      expect(ask(cache, other.origin)).toBe(true);
    });
  });

  it("lets nothing be fetched from a host that cannot be reached, and says why", async () => {
    expect(await run(() => ask(cacheOf(), "http://127.0.0.1:9"))).toBe("connection-refused");
    expect(await verdict((_, response) => void response.socket!.resetAndDestroy())).toBe(
      "connection-reset",
    );
  });

  it("asks again, after a pause, when the answer may be another one", async () => {
    let requests = 0;
    const { origin } = await serve((_, response) => {
      if (++requests < 3) response.writeHead(503).end();
      else response.end(FORBIDS);
    });
    await run(() => {
      const cache = cacheOf();
      while (ask(cache, origin) === "robots-unreachable") sleep(20);
      expect(ask(cache, origin)).toBe(false);
    });
    expect(requests).toBe(3);
  });

  it("does not ask again before that", async () => {
    const server = await serve((_, response) => void response.writeHead(503).end());
    await run(() => {
      const cache = cacheOf({ retryDelay: 60_000 });
      for (let times = 0; times < 3; times++) refusal(cache, server.origin);
    });
    expect(server.requests).toHaveLength(1);
  });

  it("gives a host up that stays unreachable, and says so", async () => {
    const server = await serve((_, response) => void response.writeHead(503).end());
    await run(() => {
      const cache = cacheOf();
      while (refusal(cache, server.origin).retryAfter !== null) sleep(20);
      ask(cache, server.origin);
    });
    expect(server.requests).toHaveLength(4);
  });

  it("waits as long as a 429 or 503 asks for, then takes a 429 for a file that is not there", async () => {
    for (const status of [429, 503]) {
      const headers = { "retry-after": "77" };
      const { origin } = await serve(site({ "/robots.txt": { status, headers } }));
      const { retryAfter } = await run(() => refusal(cacheOf(), origin));
      expect(retryAfter).toBeGreaterThan(60_000);
      expect(retryAfter).toBeLessThanOrEqual(77_000);
    }
    const { origin } = await serve(site({ "/robots.txt": { status: 429 } }));
    await run(() => {
      const cache = cacheOf();
      while (ask(cache, origin) !== true) sleep(20);
    });
  });

  it.each(["file:///etc/passwd", "http://[", "mailto:a@b", "ftp://a/"])(
    "takes a redirect to %s for a file that is not there",
    async (location) => {
      const page = { status: 302, headers: { location } };
      expect(await verdict(site({ "/robots.txt": page }))).toBe(true);
    },
  );

  it("reads the first 500 KiB of a file that is larger than any page may be", async () => {
    const filler = `# ${"x".repeat(100)}\n`.repeat(9_000);
    for (const body of [`${FORBIDS}${filler}`, gzipSync(`${FORBIDS}${filler}`)]) {
      const headers = typeof body === "string" ? {} : { "content-encoding": "gzip" };
      const answer = await verdict((_, response) => response.writeHead(200, headers).end(body));
      expect(answer).toBe(false);
    }
    // Cut in the middle of a line: half a pattern would forbid too much.
    const rules = `User-agent: *\n${"#".repeat(500 * 1024 - 14 - 1 - 13)}\nDisallow: /pr`;
    expect(await verdict((_, response) => response.end(`${rules}inter\n`))).toBe(true);
  });

  it("fetches once, however many greenlets ask at once, and again a day later only", async () => {
    const server = await serve((_, response) => void setTimeout(() => response.end(FORBIDS), 20));
    await run(() => {
      const cache = cacheOf();
      const asking = Array.from({ length: 50 }, () => spawn(ask, cache, server.origin));
      joinAll(asking);
      expect(asking.map(({ value }) => value)).toEqual(Array(50).fill(false));
      ask(cache, server.origin);
    });
    expect(server.requests).toEqual(["/robots.txt"]);
    await run(() => {
      const cache = cacheOf({ lifetime: 30 });
      ask(cache, server.origin);
      sleep(40);
      ask(cache, server.origin);
    });
    expect(server.requests).toHaveLength(3);
  });

  it("answers the others when the greenlet that asked first is killed", async () => {
    const { origin } = await serve(
      (_, response) => void setTimeout(() => response.end(FORBIDS), 30),
    );
    await run(() => {
      const cache = cacheOf();
      const first = spawn(ask, cache, origin);
      const second = spawn(ask, cache, origin);
      sleep(5);
      first.kill();
      expect(second.get()).toBe(false);
    });
  });

  it("keeps nothing running after close", async () => {
    const { origin } = await serve(() => {});
    await run(() => {
      const cache = cacheOf();
      const asking = spawn(ask, cache, origin);
      sleep(20);
      cache.close();
      asking.join();
    });
  });

  it("does not keep that there were too few descriptors to ask", async () => {
    let asked = 0;
    const client = {
      get: (): never => {
        asked++;
        throw Object.assign(new Error("too many open files"), { code: "EMFILE" });
      },
    };
    const cache = new RobotsCache(client, { userAgent: "Bot/1", retryDelay: 1 });
    const url = new URL("http://a.example/");
    for (const count of [1, 2]) {
      await expect(run(() => cache.rulesFor(url))).rejects.toMatchObject({ code: "EMFILE" });
      expect(asked).toBe(count);
    }
  });
});
