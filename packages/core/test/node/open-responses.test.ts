import { get, createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { turns } from "@greenlit/testing";
import { getHub, sleep, spawn } from "../../src/index.js";

/**
 * What the hub prints when a request is handled by `handle`, which must end or destroy the response
 * itself in the end.
 */
async function told(handle: (req: IncomingMessage, res: ServerResponse) => void): Promise<string> {
  const written: string[] = [];
  const { write } = process.stderr;
  const server = createServer(handle).listen(0, "127.0.0.1");
  await once(server, "listening");
  process.stderr.write = ((text: string) => written.push(text) > 0) as typeof write;
  try {
    const { port } = server.address() as AddressInfo;
    await new Promise<void>((resolve) => {
      get({ port, host: "127.0.0.1", path: "/tea?sugar=2" }, (res) =>
        res.resume().on("close", resolve),
      ).on("error", () => resolve());
    });
  } finally {
    process.stderr.write = write;
    server.closeAllConnections();
    server.close();
    await once(server, "close");
    for (const greenlet of getHub().unobserved) greenlet.join();
  }
  return written.join("");
}

const OPEN =
  "; the response to GET /tea?sugar=2 is still open (a handler in green() of greenlit/net would answer)\n";

const boom = (): never => {
  throw new Error("no tea");
};

it("the report of a failure says that the response to a client is still open", async () => {
  const text = await told((_req, res) => {
    spawn(() => {
      sleep(1);
      setTimeout(() => res.destroy(), 20);
      boom();
    });
  });
  expect(text).toContain(OPEN);
  expect(text).toContain("no tea");
});

it("also when the greenlet was spawned by another one", async () => {
  const text = await told((_req, res) => {
    spawn(() => {
      const child = spawn(() => {
        sleep(1);
        boom();
      });
      while (!child.dead) sleep(1);
      res.end();
    });
  });
  expect(text).toContain(OPEN);
});

it("and not when it has ended, or the greenlet has nothing to do with one", async () => {
  const ended = await told((_req, res) => {
    spawn(() => {
      res.end("tea");
      boom();
    });
  });
  expect(ended).toContain("no tea");
  expect(ended).not.toContain("still open");
  const other = await told((_req, res) => {
    setTimeout(async () => {
      const g = spawn(boom);
      while (!g.dead) await turns(1);
      res.end();
    }, 1);
  });
  expect(other).toContain("no tea");
});

it("a call that cannot block in a handler says what to write around the handler", async () => {
  const messages: string[] = [];
  const sleepy = (): void => {
    try {
      sleep(1);
    } catch (error) {
      messages.push((error as Error).message);
    }
  };
  await told((_req, res) => {
    sleepy();
    setTimeout(() => {
      sleepy();
      res.end();
    }, 1);
  });
  expect(messages).toEqual([
    expect.stringMatching(/^sleep cannot block here: this is the handler .* green\(\(req, res\)/),
    expect.not.stringContaining("handler of an HTTP server"),
  ]);
});
