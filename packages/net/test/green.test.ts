import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect as connectHttp2, createServer as createHttp2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import { getCurrent, GreenletExit, sleep, spawn, wait } from "@greenlit/core";
import { green as greenTest, reports } from "@greenlit/testing";
import express, { type NextFunction } from "express";
import Fastify, { type FastifyReply, type FastifyRequest } from "fastify";
import Koa from "koa";
import { describe, expect, it } from "vitest";
import { green, request } from "../src/index.js";

type Handle = (req: IncomingMessage, res: ServerResponse) => unknown;

/** In a greenlet: calls `fn` with the URL of a server, and ends that. */
function withServer<T>(server: Server, fn: (url: string) => T): T {
  server.listen(0, "127.0.0.1");
  wait(once(server, "listening"));
  try {
    return fn(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    wait(new Promise((resolve) => server.close(resolve)));
  }
}

function answerOf(url: string): [status: number, text: string] {
  const { status, body } = request(url);
  return [status, body.text()];
}

const boom = new Error("boom");

/** What may be thrown that some framework takes for "go on". */
const ODD = [undefined, null, 0, "", false, Number.NaN, 0n, "route", "router"];

describe("of node:http", () => {
  it(
    "runs each request in a greenlet of its own, which has the handler's name",
    greenTest(() => {
      let [running, most] = [0, 0];
      const names = new Set<string>();
      const server = createServer(
        green(function page(req: IncomingMessage, res: ServerResponse) {
          most = Math.max(most, ++running);
          names.add((getCurrent()?.name ?? "").replace(/\d+$/, "n"));
          while (most < 5) sleep(1);
          running--;
          res.end(`page ${req.url}`);
        }),
      );
      withServer(server, (url) => {
        const clients = [1, 2, 3, 4, 5].map((n) => spawn(answerOf, `${url}/${n}`));
        expect(clients.map((client) => client.get())).toEqual(
          [1, 2, 3, 4, 5].map((n) => [200, `page /${n}`]),
        );
      });
      expect([most, [...names]]).toEqual([5, ["page-n"]]);
    }),
  );

  it("answers for a handler that fails, whatever with, and tells of it", async () => {
    const errors = [boom, ...ODD];
    const seen = await reports(
      greenTest(() => {
        for (const error of errors) {
          const server = createServer(
            green((_req: IncomingMessage, res: ServerResponse) => {
              res.setHeader("content-length", 1000);
              res.setHeader("content-encoding", "gzip");
              sleep(1);
              throw error;
            }),
          );
          const answer = withServer(server, answerOf);
          expect(answer).toEqual([500, "Internal Server Error\n"]);
        }
      }),
    );
    expect(seen.map(([, error]) => error)).toEqual(errors);
  });

  it("an async handler, too", async () => {
    const seen = await reports(
      greenTest(() => {
        const server = createServer(
          green(async (req: IncomingMessage, res: ServerResponse) => {
            await null;
            if (req.url === "/broken") throw boom;
            res.end("fine");
          }),
        );
        withServer(server, (url) => {
          expect(answerOf(url)).toEqual([200, "fine"]);
          expect(answerOf(`${url}/broken`)[0]).toBe(500);
        });
      }),
    );
    expect(seen.map(([, error]) => error)).toEqual([boom]);
  });

  it("ends the connection when the response has begun", async () => {
    const seen = await reports(
      greenTest(() => {
        const server = createServer(
          green((_req: IncomingMessage, res: ServerResponse) => {
            res.writeHead(200, { "content-length": 100 });
            res.write("some");
            sleep(5);
            throw boom;
          }),
        );
        withServer(server, (url) => {
          const { status, body } = request(url);
          expect(status).toBe(200);
          expect(() => body.text({ timeout: 30_000 })).toThrow(/closed|terminated|aborted/);
        });
      }),
    );
    expect(seen).toHaveLength(1);
  });

  it("leaves a response alone that has ended, and tells of the error", async () => {
    const seen = await reports(
      greenTest(() => {
        const server = createServer(
          green((_req: IncomingMessage, res: ServerResponse) => {
            res.end("all of it");
            throw boom;
          }),
        );
        expect(withServer(server, answerOf)).toEqual([200, "all of it"]);
      }),
    );
    expect(seen).toHaveLength(1);
  });

  it(
    "a handler that is killed has not answered",
    greenTest(() => {
      const server = createServer(
        green(() => {
          (getCurrent() as NonNullable<ReturnType<typeof getCurrent>>).kill();
        }) as Handle,
      );
      expect(withServer(server, answerOf)[0]).toBe(500);
    }),
  );

  it("HTTP 2 as well", async () => {
    const seen = await reports(
      greenTest(() => {
        const server = createHttp2Server(
          green((req, res) => {
            sleep(1);
            if (req.url === "/broken") throw boom;
            res.end("two");
          }),
        );
        server.listen(0, "127.0.0.1");
        wait(once(server, "listening"));
        const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
        for (const [path, status] of [
          ["/", 200],
          ["/broken", 500],
        ] as const) {
          const stream = client.request({ ":path": path });
          const [headers] = wait(once(stream, "response"));
          expect((headers as { ":status": number })[":status"]).toBe(status);
          stream.resume();
          wait(once(stream, "end"));
        }
        client.close();
        wait(new Promise((resolve) => server.close(resolve)));
      }),
    );
    expect(seen.map(([, error]) => error)).toEqual([boom]);
  });
});

describe("of a framework", () => {
  it("has the number of parameters of the handler, and its name", () => {
    const handler = (_error: Error, _req: unknown, _res: unknown, _next: unknown): void => {};
    expect([green(handler).length, green(handler).name]).toEqual([4, "handler"]);
    expect(green(() => {}).length).toBe(0);
    expect(() => green(undefined as never)).toThrow(
      /handler must be a function, not undefined: write green/,
    );
  });

  it("Express: errors go to next, once, and what is no error to Express, too", async () => {
    const unhandled: unknown[] = [];
    const listener = (reason: unknown): void => void unhandled.push(reason);
    process.on("unhandledRejection", listener);
    const seen = await reports(
      greenTest(() => {
        for (const error of [boom, ...ODD]) {
          const app = express();
          const caught: unknown[] = [];
          app.param(
            "id",
            green((_req, _res, next) => {
              sleep(1);
              next();
            }),
          );
          app.get(
            "/broken/:id",
            green((_req, _res) => {
              sleep(1);
              throw error;
            }),
            (_req, res) => void res.send("skipped to here"),
          );
          app.use(
            green(
              (e: unknown, _req: express.Request, res: express.Response, _next: NextFunction) => {
                caught.push(e);
                sleep(1);
                res.status(503).send("told");
              },
            ),
          );
          const server = createServer(app);
          expect(withServer(server, (url) => answerOf(`${url}/broken/1`))).toEqual([503, "told"]);
          expect(caught).toHaveLength(1);
          if (error === boom) expect(caught).toEqual([boom]);
          else
            expect(caught[0]).toMatchObject({
              message: `the handler threw ${error}`,
              cause: error,
            });
        }
      }),
    );
    process.off("unhandledRejection", listener);
    expect([seen, unhandled]).toEqual([[], []]);
  });

  it(
    "Fastify: handlers and hooks, with promises and with done; a reply that is returned",
    greenTest(() => {
      const app = Fastify();
      app.addHook(
        "onRequest",
        green((req: FastifyRequest) => {
          sleep(1);
          if (req.url === "/hook") throw boom;
        }),
      );
      app.addHook(
        "preHandler",
        green((req: FastifyRequest, _reply: FastifyReply, done: () => void) => {
          sleep(1);
          if (req.url === "/done") throw boom;
          done();
        }) as (...args: unknown[]) => void,
      );
      app.get(
        "/",
        green(() => (sleep(1), { value: 1 })),
      );
      app.get(
        "/reply",
        green((_req: FastifyRequest, reply: FastifyReply) => {
          sleep(1);
          return reply.send("sent");
        }),
      );
      app.get(
        "/broken",
        green(() => {
          throw boom;
        }),
      );
      app.get(
        "/odd",
        green(() => {
          throw undefined;
        }),
      );
      const url = wait(app.listen({ port: 0, host: "127.0.0.1" }));
      try {
        const paths = ["", "reply", "broken", "odd", "hook", "done"];
        expect(paths.map((path) => answerOf(`${url}/${path}`)[0])).toEqual([
          200, 200, 500, 500, 500, 500,
        ]);
        expect(answerOf(url)[1]).toBe('{"value":1}');
        expect(answerOf(`${url}/reply`)[1]).toBe("sent");
      } finally {
        wait(app.close());
      }
    }),
  );

  it(
    "Koa: the promise that it waits for",
    greenTest(() => {
      const app = new Koa();
      const told: unknown[] = [];
      app.on("error", (error) => told.push(error));
      app.use(
        green((ctx: { body: unknown }, next: () => Promise<unknown>) => {
          wait(next());
          ctx.body = `${ctx.body}!`;
        }),
      );
      app.use(
        green((ctx: { body: unknown; path: string }) => {
          sleep(1);
          if (ctx.path === "/broken") throw boom;
          if (ctx.path === "/odd") throw null;
          if (ctx.path === "/killed") throw new GreenletExit();
          ctx.body = "hello";
        }),
      );
      withServer(createServer(app.callback()), (url) => {
        expect(answerOf(url)).toEqual([200, "hello!"]);
        for (const path of ["broken", "odd", "killed"]) {
          expect(answerOf(`${url}/${path}`)[0], path).toBe(500);
        }
      });
      expect(told).toHaveLength(3);
    }),
  );
});
