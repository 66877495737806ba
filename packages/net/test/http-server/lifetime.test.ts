// How requests, connections and servers end.
import { spawn as spawnChild } from "node:child_process";
import { once } from "node:events";
import { connect as nodeConnect, type Socket as NodeSocket } from "node:net";
import { fileURLToPath } from "node:url";
import {
  Event,
  getCurrent,
  getHub,
  type Greenlet,
  joinAll,
  sleep,
  spawn,
  Timeout,
  wait,
  withTimeout,
} from "@greenlit/core";
import { fakeClock, green, reports } from "@greenlit/testing";
import { describe, expect, it } from "vitest";
import {
  ClientGoneError,
  connect,
  serve,
  type ServerRequest,
  type ServerResponse,
  Socket,
} from "../../src/index.js";
import { HOST, last, lines, response, serving, statusOf, talk, undated } from "./talk.js";

const GET = lines("GET / HTTP/1.1", "host: me", "");

/** Sleeps until it is so, but not for ever. */
function until(isSo: () => boolean): void {
  withTimeout(20_000, () => {
    while (!isSo()) sleep(1);
  });
}

/** Cuts the connection without a word, as a process does that is killed. */
function reset(socket: Socket): void {
  socket.detach().resetAndDestroy();
}

/** All that comes until the end. */
function rest(socket: Socket): string {
  let all = "";
  for (const part of socket) all += part.toString("latin1");
  return undated(all);
}

describe("a client that leaves", () => {
  it.each([
    ["by closing", (socket: Socket) => socket.close()],
    ["by a reset", reset],
  ])("%s aborts the signal, and the handler goes on", (_, leave) =>
    green(() => {
      let [seen, begun, ended] = [undefined as unknown, false, false];
      const handler = (request: ServerRequest): ServerResponse => {
        expect(request.aborted).toBe(false);
        begun = true;
        try {
          sleep(20_000, { signal: request.signal });
        } catch (error) {
          seen = error;
        }
        expect(request.aborted).toBe(true);
        expect(request.signal.aborted).toBe(true);
        sleep(1);
        ended = true;
        return { body: "nobody gets this" };
      };
      serving(handler, (port) => {
        const socket = connect({ port, host: HOST });
        socket.write(GET);
        until(() => begun);
        leave(socket);
        until(() => ended);
      });
      expect(seen).toBeInstanceOf(ClientGoneError);
    })(),
  );

  it.each([
    ["a length", "content-length: 10", "half"],
    ["chunks", "transfer-encoding: chunked", "4\r\nhalf\r\n"],
  ])("in the middle of a body with %s: its reader gets an error", (_, header, half) =>
    green(() => {
      const seen: unknown[] = [];
      const handler = (request: ServerRequest): ServerResponse => {
        try {
          for (;;) seen.push(request.read()?.toString());
        } catch (error) {
          seen.push(error);
          throw error;
        }
      };
      serving(handler, (port) => {
        const socket = connect({ port, host: HOST });
        socket.write(lines("POST / HTTP/1.1", "host: me", header, "") + half);
        until(() => seen.length > 0);
        socket.close();
        until(() => seen.length > 1);
      });
      expect(seen).toEqual(["half", expect.any(ClientGoneError)]);
    })(),
  );

  it("in the middle of a response ends the iteration, and is no failure", async () => {
    const told = await reports(
      green(() => {
        let [made, cleaned] = [0, false];
        function* endless(): Generator<Uint8Array> {
          try {
            for (;;) {
              made++;
              yield Buffer.alloc(100_000);
            }
          } finally {
            cleaned = true;
          }
        }
        serving(
          () => ({ body: endless() }),
          (port) => {
            const socket = connect({ port, host: HOST });
            socket.write(GET);
            until(() => made > 1);
            reset(socket);
            until(() => cleaned);
          },
        );
      }),
    );
    expect(told).toEqual([]);
  });

  it("does not hide an error of the handler", async () => {
    const told = await reports(
      green(() => {
        let [begun, ended] = [false, false];
        const handler = (request: ServerRequest): ServerResponse => {
          begun = true;
          until(() => request.aborted);
          ended = true;
          throw new Error("boom");
        };
        serving(handler, (port) => {
          const socket = connect({ port, host: HOST });
          socket.write(GET);
          until(() => begun);
          reset(socket);
          until(() => ended);
        });
      }),
    );
    expect(told.map(([, error]) => (error as Error).message)).toEqual(["boom"]);
  });

  it(
    "but reads on gets its answer: it has only said that it sends no more",
    green(() => {
      const slow = (): ServerResponse => {
        sleep(20);
        return { body: "still here" };
      };
      serving(slow, (port) => {
        using socket = connect({ port, host: HOST });
        socket.end(GET);
        expect(rest(socket)).toBe(response("still here"));
      });
    }),
  );

  it(
    "before it has said anything leaves nothing behind",
    green(() => {
      serving(
        () => ({}),
        (port) => {
          for (const bytes of ["", "GET", "GET / HTTP/1.1\r\nhost"]) {
            for (const leave of [reset, (socket: Socket) => socket.close()]) {
              const socket = connect({ port, host: HOST });
              if (bytes !== "") socket.write(bytes);
              leave(socket);
            }
          }
        },
      );
    }),
  );
});

describe("one request does not touch the next", () => {
  const THREE = GET + GET + last("GET / HTTP/1.1");

  it(
    "when its greenlet is killed",
    green(() => {
      let [count, killed] = [0, 0];
      const handler = (): ServerResponse => {
        if (++count !== 2) return { body: String(count) };
        getCurrent()?.kill(undefined, { block: false });
        killed++;
        return {};
      };
      serving(handler, (port) => {
        const got = talk(port, THREE);
        expect(got.startsWith(response("1"))).toBe(true);
        expect(statusOf(got.slice(response("1").length))).toBe(500);
        expect(got.endsWith(response("3", { close: true }))).toBe(true);
      });
      expect(killed).toBe(0);
    }),
  );

  it("when a Timeout that it has started is over later", async () => {
    let count = 0;
    const told = await reports(
      green(() => {
        using _clock = fakeClock(); // moves only when nobody has anything to do
        const handler = (): ServerResponse => {
          if (++count === 2) new Timeout(5).start();
          else sleep(20);
          return { body: String(count) };
        };
        serving(handler, (port) => {
          expect(talk(port, THREE)).toBe(
            response("1") + response("2") + response("3", { close: true }),
          );
        });
      }),
    );
    expect(told).toEqual([]);
  });

  it(
    "when it is killed before it ran: its connection is closed",
    green(() => {
      let ran = 0;
      const handler = (): ServerResponse => {
        ran++;
        return {};
      };
      serving(handler, (port) => {
        const known = new Set(getHub().greenlets());
        const find = (): Greenlet | undefined =>
          getHub()
            .greenlets()
            .find((one) => !known.has(one) && one.name.startsWith("handler"));
        let killed = false;
        const killer = spawn(() => {
          while (!killed) {
            const found = find();
            killed = found !== undefined && !found.started;
            if (killed) found?.kill(undefined, { block: false });
            else sleep(0);
          }
        });
        // The killer may have its turn too late, behind the greenlet of the request.
        for (let i = 0; i < 1000 && !killed; i++) {
          const before: number = ran;
          const got = talk(port, last("GET / HTTP/1.1"));
          expect(got).toBe(ran > before ? response("", { close: true }) : "");
        }
        expect(killed).toBe(true);
        killer.join();
      });
    }),
  );
});

it(
  "a connection whose own greenlet is killed is closed",
  green(() =>
    serving(
      () => ({}),
      (port) => {
        const known = new Set(getHub().greenlets());
        using socket = connect({ port, host: HOST });
        let found: Greenlet | undefined;
        until(() => {
          found = getHub()
            .greenlets()
            .find((one) => !known.has(one) && one.name.startsWith("readConnection"));
          return found !== undefined;
        });
        found?.kill();
        expect(rest(socket)).toBe("");
      },
    ),
  ),
);

describe("stop", () => {
  it(
    "closes idle connections at once, and lets running requests end",
    green(() => {
      const [begun, mayEnd] = [new Event(), new Event()];
      const handler = (): ServerResponse => {
        begun.set();
        mayEnd.wait();
        return { body: "done" };
      };
      const server = serve({ port: 0, host: HOST }, handler);
      const { port } = server;
      const idle = connect({ port, host: HOST });
      const kept = connect({ port, host: HOST });
      kept.write(GET);
      mayEnd.set();
      expect(undated(kept.readUntil("done").toString("latin1"))).toBe(response("done"));
      for (const event of [begun, mayEnd]) event.clear();
      const busy = connect({ port, host: HOST });
      busy.write(GET + GET);
      begun.wait();
      expect(server.connections).toBe(3);
      const stopped = spawn(() => server.stop());
      expect([rest(idle), rest(kept)]).toEqual(["", ""]);
      expect(stopped.ready).toBe(false);
      mayEnd.set();
      // The second request of that connection is not begun any more.
      expect(rest(busy)).toBe(response("done", { close: true }));
      for (const one of [idle, kept, busy]) one.close();
      stopped.get();
      expect([server.connections, server.address]).toEqual([0, null]);
      expect(() => connect({ port, host: HOST })).toThrow("ECONNREFUSED");
      server.stop();
    }),
  );

  it(
    "kills what still runs after its timeout",
    green(() => {
      let begun = 0;
      const ends: string[] = [];
      const handler = ({ target }: ServerRequest): ServerResponse => {
        begun++;
        try {
          sleep(Infinity);
        } finally {
          ends.push(target);
        }
        return {};
      };
      const server = serve({ port: 0, host: HOST }, handler);
      const clients = ["/a", "/b"].map((path) => {
        const socket = connect({ port: server.port, host: HOST });
        socket.write(lines(`GET ${path} HTTP/1.1`, "host: me", ""));
        return socket;
      });
      const half = connect({ port: server.port, host: HOST });
      half.write("GET / HT");
      until(() => begun === 2 && server.connections === 3);
      server.stop({ timeout: 20 });
      expect(ends.sort()).toEqual(["/a", "/b"]);
      for (const one of [...clients, half]) one.close();
    }),
  );

  it(
    "is what join waits for, and the end of a block with using",
    green(() => {
      let joined: Greenlet<void>;
      {
        using server = serve({ port: 0, host: HOST }, () => ({}));
        joined = spawn(() => server.join());
        sleep(0);
        expect(() => server.join({ timeout: 5 })).toThrow(Timeout);
        expect(joined.ready).toBe(false);
      }
      joined.get();
    }),
  );

  it(
    "ends a response that goes on for ever only by killing it",
    green(() => {
      function* ticks(): Generator<string> {
        for (;;) {
          yield "tick\n";
          sleep(1);
        }
      }
      const server = serve({ port: 0, host: HOST }, () => ({ body: ticks() }));
      const socket = connect({ port: server.port, host: HOST });
      socket.write(GET);
      socket.readUntil("tick");
      const reader = spawn(() => {
        try {
          return rest(socket);
        } catch {
          return "reset";
        }
      });
      server.stop({ timeout: 20 });
      reader.get();
      socket.close();
    }),
  );
});

describe("upgrade", () => {
  const ASK = lines("GET / HTTP/1.1", "host: me", "connection: Upgrade", "upgrade: shout", "");

  const shout = (request: ServerRequest): ServerResponse => {
    const socket = request.upgrade({ headers: { "x-a": "b" } });
    for (let line = socket.readLine(); line !== null; line = socket.readLine()) {
      socket.write(`${line.toUpperCase()}\n`);
    }
    return {};
  };

  it.each([
    ["behind the answer", [ASK, "one\n", "two\n"]],
    ["with the request", [`${ASK}one\ntwo\n`]],
    ["in pieces", [...`${ASK}one\ntwo\n`]],
  ])("gives the socket, and what came %s", (_, pieces) =>
    green(() =>
      serving(shout, (port) => {
        using socket = connect({ port, host: HOST });
        for (const piece of pieces) socket.write(piece);
        socket.end();
        expect(rest(socket)).toBe(
          `${lines("HTTP/1.1 101 Switching Protocols", "x-a: b", "upgrade: shout", "connection: Upgrade", "")}ONE\nTWO\n`,
        );
      }),
    )(),
  );

  it(
    "may be refused: the connection goes on",
    green(() =>
      serving(
        ({ target }) => ({ body: target }),
        (port) => {
          expect(talk(port, ASK + last("GET /next HTTP/1.1"))).toBe(
            response("/") + response("/next", { close: true }),
          );
          expect(talk(port, ASK, GET, last("GET /next HTTP/1.1"))).toBe(
            response("/") + response("/") + response("/next", { close: true }),
          );
        },
      ),
    ),
  );

  it(
    "of CONNECT is a tunnel",
    green(() => {
      const tunnel = (request: ServerRequest): ServerResponse => {
        expect([request.target, request.url]).toEqual(["other:443", "http://other:443"]);
        const socket = request.upgrade();
        socket.write(`${socket.readLine()}!\n`);
        return {};
      };
      serving(tunnel, (port) => {
        const asked = lines("CONNECT other:443 HTTP/1.1", "host: other:443", "");
        expect(talk(port, asked, "hello\n")).toBe(`${lines("HTTP/1.1 200 OK", "")}hello!\n`);
      });
    }),
  );

  it(
    "of CONNECT, when it is refused, ends the connection",
    green(() =>
      serving(
        () => ({ status: 403 }),
        (port) => {
          const asked = lines("CONNECT other:443 HTTP/1.1", "host: other:443", "");
          expect(talk(port, asked + GET)).toBe(
            response("", { status: "403 Forbidden", close: true }),
          );
        },
      ),
    ),
  );

  it("is not for requests that do not ask for it", async () => {
    const told = await reports(
      green(() =>
        serving(
          (request) => void request.upgrade() as never,
          (port) => expect(statusOf(talk(port, last("GET / HTTP/1.1")))).toBe(500),
        ),
      ),
    );
    expect(String(told[0]?.[1])).toContain("has not asked for another protocol");
  });

  it("closes the socket when the handler fails, and tells of it", async () => {
    const told = await reports(
      green(() => {
        const fail = (request: ServerRequest): ServerResponse => {
          request.upgrade();
          throw new Error("boom");
        };
        serving(fail, (port) => {
          const got = talk(port, ASK);
          expect(got).toBe(
            lines("HTTP/1.1 101 Switching Protocols", "upgrade: shout", "connection: Upgrade", ""),
          );
        });
      }),
    );
    expect(told).toHaveLength(1);
  });
});

it(
  "with too few descriptors, connections wait until others have ended, and all are served",
  green(() => {
    const program = fileURLToPath(new URL("../few-descriptors.mjs", import.meta.url));
    const limited = ["-c", 'ulimit -n 300; exec "$0" "$@"', process.execPath, program];
    const child = spawnChild("sh", limited, { stdio: ["pipe", "pipe", "inherit"] });
    const exit = once(child, "exit");
    const [port] = wait(once(child.stdout.setEncoding("utf8"), "data")) as [string];
    let overStreams = false;
    const ask = (): string => {
      using socket = connect({ port: Number(port), host: HOST });
      overStreams = socket.stream !== null;
      try {
        socket.write(last("GET / HTTP/1.1"));
        return rest(socket);
      } catch (error) {
        return (error as NodeJS.ErrnoException).code as string;
      }
    };
    const clients = Array.from({ length: 200 }, () => spawn(ask));
    const answers = clients.map((client) => client.get());
    const good = response("here", { close: true });
    // Node's own listener throws connections away for which it has no descriptor.
    const others = answers.filter((answer) => answer !== good && overStreams);
    expect(new Set(others).size).toBeLessThanOrEqual(1);
    expect(answers.filter((answer) => answer === good)).toHaveLength(200 - others.length);
    expect(ask()).toBe(good);
    child.stdin.end();
    wait(exit);
  }),
);

it(
  "a server that is not stopped does not keep its greenlets from ending with it",
  green(() => {
    const server = serve({ port: 0, host: HOST }, () => ({}));
    const client: NodeSocket = nodeConnect(server.port, HOST);
    wait(once(client, "connect"));
    client.write(GET);
    wait(once(client, "data"));
    const own = getHub()
      .greenlets()
      .filter((one) => one !== getCurrent() && one.daemon);
    expect(own.map((one) => one.name.replace(/-\d+$/, "")).sort()).toEqual(
      expect.arrayContaining(["readConnection"]),
    );
    client.destroy();
    server.stop();
    joinAll(own);
  }),
);
