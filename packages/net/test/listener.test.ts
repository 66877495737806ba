import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { joinAll, sleep, spawn, Timeout } from "@greenlit/core";
import { green, thrownBy } from "@greenlit/testing";
import { describe, expect, it } from "vitest";
import { connect, listen, type Socket, SocketClosedError } from "../src/index.js";
import { overStreams } from "./over-streams.js";

const host = "127.0.0.1";

describe("Listener", () => {
  it(
    "accepts in the order of arrival, for greenlets in the order they asked",
    green(() => {
      using listener = listen({ port: 0, host });
      const served: number[] = [];
      const accepting = [1, 2].map((name) =>
        spawn(() => {
          listener.accept().close();
          served.push(name);
        }),
      );
      sleep(0);
      connect({ port: listener.port, host }).close();
      connect({ port: listener.port, host }).close();
      for (const greenlet of accepting) greenlet.get();
      expect(served).toEqual([1, 2]);
    }),
  );

  it(
    "times out",
    green(() => {
      using listener = listen({ port: 0, host });
      expect(() => listener.accept({ timeout: 10 })).toThrow(Timeout);
    }),
  );

  it(
    "does not lose a connection to a greenlet that was killed",
    green(() => {
      using listener = listen({ port: 0, host });
      const doomed = spawn(() => listener.accept());
      const heir = spawn(() => listener.accept());
      sleep(0);
      doomed.kill();
      const client = connect({ port: listener.port, host });
      heir.get().close();
      client.close();
    }),
  );

  it(
    "does not lose a connection to a greenlet killed between arrival and its turn",
    green(() => {
      using listener = listen({ port: 0, host });
      const doomed = spawn(() => listener.accept());
      sleep(0);
      // Published right after the listener has been told of the connection.
      const kill = (): void => doomed.kill(undefined, { block: false });
      subscribe("net.server.socket", kill);
      using client = connect({ port: listener.port, host });
      using accepted = doomed.get();
      unsubscribe("net.server.socket", kill);
      accepted.write("x");
      expect(String(client.read())).toBe("x");
    }),
  );

  it(
    "throws into who accepts when it is closed, and ends iteration",
    green(() => {
      const listener = listen({ port: 0, host });
      const iterating = spawn(() => [...listener].length);
      const accepting = spawn(() => {
        try {
          listener.accept();
        } catch (error) {
          return error;
        }
        return null;
      });
      sleep(0);
      listener.close();
      expect(accepting.get()).toBeInstanceOf(SocketClosedError);
      expect(iterating.get()).toBe(0);
      expect(() => listener.accept()).toThrow(SocketClosedError);
      expect(listener.address).toBe(null);
    }),
  );

  it.runIf(!overStreams)(
    "leaves connections beyond the backlog waiting, until others are accepted",
    green(() => {
      using listener = listen({ port: 0, host, backlog: 1 });
      const clients: Socket[] = [];
      const full = thrownBy(() => {
        for (;;) clients.push(connect({ port: listener.port, host, timeout: 100 }));
      });
      expect(full).toBeInstanceOf(Timeout);
      expect(clients.length).toBeLessThan(5);
      const late = spawn(() => connect({ port: listener.port, host }));
      for (const client of clients) {
        client.close();
        listener.accept().close();
      }
      late.get().close();
    }),
  );

  it.runIf(overStreams)(
    "refuses connections beyond the backlog",
    green(() => {
      using listener = listen({ port: 0, host, backlog: 2 });
      const clients = Array.from({ length: 5 }, () => connect({ port: listener.port, host }));
      let refused = 0;
      const reading = clients.map((client) =>
        spawn(() => {
          try {
            client.read();
          } catch (error) {
            if (error instanceof SocketClosedError) return; // by us, in the end
          }
          refused++;
        }),
      );
      while (refused < 3) sleep(1);
      for (let i = 0; i < 5; i++) sleep(1);
      expect(refused).toBe(3);
      for (const client of clients) client.close();
      joinAll(reading);
    }),
  );

  it(
    "throws Node's error when the port is taken",
    green(() => {
      using listener = listen({ port: 0, host });
      expect(() => listen({ port: listener.port, host })).toThrow(/EADDRINUSE/);
    }),
  );

  it(
    "shares a port with others that want to, and with nobody else",
    green(() => {
      using one = listen({ port: 0, host, reusePort: true });
      const where = { port: one.port, host };
      using two = listen({ ...where, reusePort: true });
      expect(() => listen(where)).toThrow(/EADDRINUSE/);
      const accepted: Socket[] = [];
      const accepting = [one, two].map((listener) =>
        spawn(() => {
          for (const socket of listener) accepted.push(socket);
        }),
      );
      const clients = Array.from({ length: 20 }, () => connect(where));
      while (accepted.length < 20) sleep(1);
      for (const socket of [...clients, ...accepted]) socket.close();
      for (const listener of [one, two]) listener.close();
      for (const greenlet of accepting) greenlet.get();
    }),
  );

  it(
    "listens on all addresses when none is given",
    green(() => {
      using listener = listen({ port: 0 });
      expect(["::", "0.0.0.0"]).toContain(listener.address);
      using near = connect({ port: listener.port, host });
      using far = listener.accept();
      near.write("x");
      expect(String(far.read())).toBe("x");
      expect(far.remotePort).toBe(near.localPort);
    }),
  );

  it(
    "finds the address of a name",
    green(() => {
      using listener = listen({ port: 0, host: "localhost" });
      expect(["127.0.0.1", "::1"]).toContain(listener.address);
      using near = connect({ port: listener.port, host: "localhost" });
      expect(near.remotePort).toBe(listener.port);
    }),
  );

  it(
    "removes the path of a Unix socket when it is closed",
    green(() => {
      const path = join(tmpdir(), `greenlit-listener-${process.pid}.sock`);
      const listener = listen({ path });
      expect(existsSync(path)).toBe(true);
      expect(() => listen({ path })).toThrow(/EADDRINUSE/);
      expect(existsSync(path)).toBe(true);
      listener.close();
      expect(existsSync(path)).toBe(false);
    }),
  );
});
