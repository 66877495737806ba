import { READ, system } from "@greenlit/backend";
import { closeSync, openSync, readSync } from "node:fs";
import { getHub, Pool, sleep, spawn, Timeout } from "@greenlit/core";
import { fakeClock, green, thrownBy } from "@greenlit/testing";
import { describe, expect, it } from "vitest";
import { connect, listen, type Socket, StreamServer } from "../src/index.js";
import { overStreams } from "./over-streams.js";

const host = "127.0.0.1";

/** What the server does with everybody. */
function echo(socket: Socket): void {
  for (const chunk of socket) socket.write(chunk);
}

/** Waits until it is so. */
function until(condition: () => boolean): void {
  while (!condition()) sleep(1);
}

describe("StreamServer", () => {
  it(
    "serves each connection in a greenlet, and closes it at the end",
    green(() => {
      const server = new StreamServer({ port: 0, host }, (socket) => {
        socket.write(`hello ${socket.readLine()}\n`);
      });
      const clients = Array.from({ length: 20 }, () => connect({ port: server.port, host }));
      until(() => server.active === 20);
      for (const [i, client] of clients.entries()) client.write(`${i}\n`);
      for (const [i, client] of clients.entries()) {
        expect(client.readLine()).toBe(`hello ${i}`);
        expect(client.read()).toBe(null);
        client.close();
      }
      expect(server.address).toBe(host);
      server.stop();
      expect([server.closed, server.active, server.address]).toEqual([true, 0, null]);
      expect(thrownBy(() => connect({ port: 1, host }))).toMatchObject({ code: "ECONNREFUSED" });
    }),
  );

  it(
    "tells of a handler that failed, closes its connection, and goes on",
    green(() => {
      const told: unknown[] = [];
      const { onError } = getHub();
      getHub().onError = (_, error) => void told.push(error);
      const failure = new Error("handler");
      const server = new StreamServer({ port: 0, host }, (socket) => {
        if (socket.readLine() === "fail") throw failure;
        echo(socket);
      });
      try {
        using bad = connect({ port: server.port, host });
        bad.write("fail\n");
        expect(bad.read()).toBe(null);
        expect(told).toEqual([failure]);
        using good = connect({ port: server.port, host });
        good.write("\nx");
        expect(String(good.read())).toBe("x");
      } finally {
        getHub().onError = onError;
        server.stop({ timeout: 0 });
      }
    }),
  );

  it(
    "stops: waits, then kills",
    green(() => {
      const server = new StreamServer({ port: 0, host }, echo);
      using quick = connect({ port: server.port, host });
      using slow = connect({ port: server.port, host });
      for (const client of [quick, slow]) {
        client.write("x");
        client.read();
      }
      using clock = fakeClock({ auto: false });
      const stopping = spawn(() => server.stop({ timeout: 100 }));
      sleep(0);
      expect(thrownBy(() => connect({ port: server.port, host }))).toBeInstanceOf(Error);
      quick.write("still");
      expect(String(quick.read())).toBe("still");
      quick.end();
      expect(quick.read()).toBe(null);
      clock.advance(99);
      expect([stopping.ready, server.active]).toEqual([false, 1]);
      clock.advance(1);
      stopping.get();
      expect(slow.read()).toBe(null);
      server.stop(); // nothing is left to do
      server.join();
    }),
  );

  it(
    "joins, with a time",
    green(() => {
      const server = new StreamServer({ port: 0, host }, echo);
      expect(thrownBy(() => server.join({ timeout: 5 }))).toBeInstanceOf(Timeout);
      const joining = spawn(() => server.join());
      using client = connect({ port: server.port, host });
      until(() => server.active === 1);
      server.close();
      sleep(5);
      expect(joining.ready).toBe(false);
      client.close();
      joining.get();
    }),
  );

  it(
    "can be stopped by one of its own",
    green(() => {
      const server: StreamServer = new StreamServer({ port: 0, host }, () => server.stop());
      using client = connect({ port: server.port, host });
      expect(client.read()).toBe(null);
      server.join();
    }),
  );

  it(
    "accepts nothing while its pool is full",
    green(() => {
      const pool = new Pool(2);
      const server = new StreamServer({ port: 0, host }, echo, { pool });
      const clients = Array.from({ length: 4 }, () => connect({ port: server.port, host }));
      for (const client of clients) client.write("x");
      for (const client of clients.slice(0, 2)) expect(String(client.read())).toBe("x");
      expect(server.active).toBe(2);
      expect(thrownBy(() => clients[2]?.read(1, { timeout: 20 }))).toBeInstanceOf(Timeout);
      clients[0]?.close();
      expect(String(clients[2]?.read())).toBe("x");
      for (const client of clients) client.close();
      server.stop();
    }),
  );

  it(
    "takes a listener, and ends with it",
    green(() => {
      const listener = listen({ port: 0, host });
      {
        using server = new StreamServer(listener, echo);
        using client = connect({ port: server.port, host });
        client.write("x");
        expect(String(client.read())).toBe("x");
      }
      expect(listener.closed).toBe(true);
      const other = new StreamServer(listen({ port: 0, host }), echo);
      other.close();
      other.join();
    }),
  );

  it(
    "refuses what is no handler, and other options",
    green(() => {
      expect(() => new StreamServer({ port: 0 }, undefined as never)).toThrow("handle must be a");
      expect(() => new StreamServer({ port: 0 }, echo, { pol: 1 } as never)).toThrow(
        'did you mean "pool"?',
      );
    }),
  );

  it.runIf(!overStreams)(
    "goes on with those it has when there are no more descriptors, and recovers",
    green(() => {
      const server = new StreamServer({ port: 0, host }, echo);
      using first = connect({ port: server.port, host });
      first.write("x");
      first.read();
      using second = connectLater(server.port);
      const taken: number[] = [];
      second.connectAfter(() => {
        // All that the process may have are taken.
        const error = thrownBy(() => {
          for (;;) taken.push(openSync("/dev/null", "r"));
        }) as NodeJS.ErrnoException;
        expect(error.code).toBe("EMFILE");
      });
      for (let i = 0; i < 5; i++) {
        first.write("y");
        expect(String(first.read())).toBe("y");
        sleep(5);
      }
      expect(server.active).toBe(1);
      for (const fd of taken) closeSync(fd);
      expect(second.talk()).toBe("z");
      server.stop({ timeout: 0 });
    }),
  );
});

/** A connection whose own descriptor is there before there are none left. */
function connectLater(port: number) {
  const fd = system().socket(4, 1);
  return {
    connectAfter(exhaust: () => void): void {
      exhaust();
      system().connect(fd, { family: 4, address: host, port });
    },
    talk(): string {
      const end = performance.now() + 10_000;
      system().send(fd, Buffer.from("z"), 0);
      const buffer = Buffer.alloc(1);
      while (performance.now() < end) {
        sleep(5);
        if ((system().ready(fd) & READ) === 0) continue;
        readSync(fd, buffer);
        return String(buffer);
      }
      throw new Error("nothing came");
    },
    [Symbol.dispose](): void {
      closeSync(fd);
    },
  };
}
