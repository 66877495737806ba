import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { sleep, spawn, Timeout } from "@greenlit/core";
import { green } from "@greenlit/testing";
import { describe, expect, it } from "vitest";
import { connect, listen, SocketClosedError } from "../src/index.js";

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
      heir.get({ timeout: 1000 }).close();
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

  it(
    "refuses connections beyond the backlog",
    green(() => {
      using listener = listen({ port: 0, host, backlog: 2 });
      const clients = Array.from({ length: 5 }, () => connect({ port: listener.port, host }));
      sleep(20);
      const open = clients.filter((client) => {
        try {
          return client.read(1, { timeout: 5 }) !== null;
        } catch (error) {
          return error instanceof Timeout;
        }
      });
      expect(open).toHaveLength(2);
      for (const client of clients) client.close();
    }),
  );

  it(
    "throws Node's error when the port is taken",
    green(() => {
      using listener = listen({ port: 0, host });
      expect(() => listen({ port: listener.port, host })).toThrow(/EADDRINUSE/);
    }),
  );
});
