import { networkInterfaces } from "node:os";
import {
  ConcurrentObjectUseError,
  getHub,
  joinAll,
  Pool,
  sleep,
  spawn,
  Timeout,
} from "@greenlit/core";
import { green, thrownBy } from "@greenlit/testing";
import { describe, expect, it } from "vitest";
import { DatagramServer, DatagramSocket, SocketClosedError } from "../src/index.js";
import { withNameServer } from "./name-server.js";

const host = "127.0.0.1";
const hasIPv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ family }) => family === "IPv6"),
);

if (!hasIPv6) console.log("this system has no IPv6: not tested");

/** Runs `test` with two bound sockets. */
function pair(test: (a: DatagramSocket, b: DatagramSocket) => void): () => Promise<void> {
  return green(() => {
    using a = new DatagramSocket();
    using b = new DatagramSocket();
    a.bind({ port: 0, host });
    b.bind({ port: 0, host });
    test(a, b);
  });
}

describe("DatagramSocket", () => {
  it(
    "sends and receives, and says who sent it",
    pair((a, b) => {
      a.send("hello", { port: b.port });
      const { data, ...from } = b.receive();
      expect([String(data), from]).toEqual(["hello", { family: 4, address: host, port: a.port }]);
      b.send(Buffer.from("back"), { port: from.port, host: from.address });
      expect(String(a.receive().data)).toBe("back");
      expect([a.address, b.address]).toEqual([host, host]);
    }),
  );

  it(
    "keeps datagrams apart, empty ones too, and carries the largest",
    pair((a, b) => {
      const to = { port: b.port };
      a.send("", to);
      a.send("one", to);
      a.send(Buffer.alloc(60_000, 7), to);
      const sizes = [1, 2, 3].map(() => b.receive({ timeout: 10_000 }).data.length);
      expect(sizes).toEqual([0, 3, 60_000]);
      const error = thrownBy(() => a.send(Buffer.alloc(70_000), to));
      expect(error).toMatchObject({ code: "EMSGSIZE", syscall: "send" });
    }),
  );

  it(
    "speaks with one place when it is connected",
    pair((a, b) => {
      using c = new DatagramSocket();
      c.connect({ port: a.port, host });
      c.send("to a");
      const { port } = a.receive();
      expect(port).toBe(c.port);
      b.send("from a stranger", { port });
      a.send("from a", { port });
      expect(String(c.receive().data)).toBe("from a");
    }),
  );

  it(
    "hears that nobody is there, when it is connected",
    green(() => {
      // Who is connected to somebody else takes nothing from others; and nobody takes its port.
      using taken = new DatagramSocket();
      taken.bind({ port: 0, host });
      taken.connect({ port: taken.port, host });
      using socket = new DatagramSocket();
      socket.connect({ port: taken.port, host });
      socket.send("anybody?");
      const error = thrownBy(function theCaller() {
        socket.receive({ timeout: 10_000 });
      }) as NodeJS.ErrnoException;
      expect(error.code).toBe("ECONNREFUSED");
      expect(error.stack).toMatch(/theCaller/);
      expect(thrownBy(() => socket.receive({ timeout: 5 }))).toBeInstanceOf(Timeout);
    }),
  );

  it("finds names", () =>
    withNameServer(
      { "peer.test": { addresses: [host] } },
      pair((a, b) => {
        a.send("x", { port: b.port, host: "peer.test" });
        expect(String(b.receive().data)).toBe("x");
        expect(thrownBy(() => a.send("x", { port: 1, host: "none.test" }))).toMatchObject({
          code: "ENOTFOUND",
        });
      }),
    ));

  it(
    "is closed under who waits, and ends iteration",
    pair((a, b) => {
      const waiting = spawn(() => thrownBy(() => a.receive()));
      const got: string[] = [];
      const iterating = spawn(() => {
        for (const { data } of b) got.push(String(data));
      });
      a.send("last", { port: b.port });
      while (got.length === 0) sleep(1);
      expect(thrownBy(() => a.receive())).toBeInstanceOf(ConcurrentObjectUseError);
      a.close();
      b.close();
      expect(waiting.get()).toBeInstanceOf(SocketClosedError);
      iterating.get();
      expect(got).toEqual(["last"]);
      for (const call of [
        () => a.send("x", { port: 1 }),
        () => a.receive(),
        () => a.bind({ port: 0 }),
        () => a.setBroadcast(true),
        () => a.addMembership("239.1.2.3"),
      ]) {
        expect(call).toThrow(SocketClosedError);
      }
      a.close();
      expect([a.closed, a.address, a.port]).toEqual([true, null, 0]);
    }),
  );

  it(
    "has a timeout of its own, and loses nothing by it",
    pair((a, b) => {
      b.timeout = 5;
      expect((thrownBy(() => b.receive()) as Timeout).ms).toBe(5);
      expect((thrownBy(() => b.receive({ timeout: 6 })) as Timeout).ms).toBe(6);
      a.send("x", { port: b.port });
      expect(String(b.receive({ timeout: null }).data)).toBe("x");
      expect(() => (b.timeout = -1)).toThrow(RangeError);
    }),
  );

  it(
    "is killed while it waits, and the next receives",
    pair((a, b) => {
      const doomed = spawn(() => b.receive());
      sleep(1);
      doomed.kill();
      a.send("x", { port: b.port });
      expect(String(b.receive().data)).toBe("x");
    }),
  );

  it(
    "refuses a port that is taken, and shares one if told so",
    pair((a) => {
      using other = new DatagramSocket();
      const error = thrownBy(() => other.bind({ port: a.port, host }));
      expect(error).toMatchObject({ code: "EADDRINUSE", syscall: "bind", port: a.port });
      other.bind({ port: 0, host });
      expect(thrownBy(() => other.receive({ timeout: 5 }))).toBeInstanceOf(Timeout);
      using one = new DatagramSocket({ reuseAddress: true });
      using two = new DatagramSocket({ reuseAddress: true });
      one.bind({ port: 0 });
      two.bind({ port: one.port });
    }),
  );

  it(
    "sends to all only if told so",
    pair((a) => {
      const all = { port: 9, host: "255.255.255.255" };
      expect(thrownBy(() => a.send("x", all))).toMatchObject({ code: "EACCES" });
      a.setBroadcast(true);
      try {
        a.send("x", all);
      } catch (error) {
        // A machine without a network.
        expect(["ENETUNREACH", "EPERM"]).toContain((error as NodeJS.ErrnoException).code);
      }
    }),
  );

  it(
    "is a member of a group as long as it wants",
    green(() => {
      using member = new DatagramSocket({ reuseAddress: true });
      using sender = new DatagramSocket();
      const group = "239.255.7.7";
      member.bind({ port: 0 });
      sender.bind({ port: 0, host });
      member.addMembership(group, host);
      sender.setMulticastLoopback(true);
      sender.setMulticastTTL(1);
      sender.setTTL(5);
      const to = { port: member.port, host: group };
      try {
        sender.send("to the group", to);
      } catch (error) {
        expect((error as NodeJS.ErrnoException).code).toBe("ENETUNREACH");
        console.log("no route to a multicast group here: not tried");
        return;
      }
      member.dropMembership(group, host);
      expect(thrownBy(() => member.dropMembership(group, host))).toMatchObject({
        code: "EADDRNOTAVAIL",
      });
    }),
  );

  it.runIf(hasIPv6)(
    "speaks IPv6",
    green(() => {
      using a = new DatagramSocket({ family: 6, ipv6Only: true });
      using b = new DatagramSocket({ family: 6 });
      a.bind({ port: 0, host: "::1" });
      b.send("six", { port: a.port });
      const { data, family, address } = a.receive();
      expect([String(data), family, address]).toEqual(["six", 6, "::1"]);
    }),
  );

  it(
    "refuses what is wrong",
    pair((a) => {
      const as = (value: unknown): never => value as never;
      expect(() => new DatagramSocket({ famly: 4 } as never)).toThrow('did you mean "family"?');
      expect(() => new DatagramSocket({ family: as(5) })).toThrow("family must be 4 or 6");
      expect(() => a.send(as(5), { port: 1 })).toThrow("data must be a string or Uint8Array");
      expect(() => a.send("x", { port: 70_000 })).toThrow("port must be a whole number");
      expect(() => a.send("x", { port: 1, host: as(1) })).toThrow("host must be a string");
      expect(() => a.send("x", as(5))).toThrow("place must be an object");
      expect(() => a.send("x")).toThrow("to must be an object of port, host, where it is not");
      expect(() => a.bind(as(undefined))).toThrow("place must be an object");
      expect(() => a.setTTL(1.5)).toThrow("ttl must be a whole number");
      expect(() => a.receive(as({ timout: 5 }))).toThrow('did you mean "timeout"?');
    }),
  );
});

describe("DatagramServer", () => {
  it(
    "serves each datagram in a greenlet, and goes on when one fails",
    green(() => {
      const told: unknown[] = [];
      const { onError } = getHub();
      getHub().onError = (_, error) => void told.push((error as Error).message);
      const server = new DatagramServer({ port: 0, host }, ({ data, address, port }, socket) => {
        if (String(data) === "fail") throw new Error("handler");
        sleep(5);
        socket.send(`${data}!`, { port, host: address });
      });
      try {
        const clients = Array.from({ length: 10 }, (_, i) =>
          spawn(() => {
            using socket = new DatagramSocket();
            socket.connect({ port: server.port, host: server.address as string });
            socket.send("fail");
            socket.send(String(i));
            return String(socket.receive({ timeout: 10_000 }).data);
          }),
        );
        joinAll(clients, { raiseError: true });
        expect(clients.map((one) => one.value)).toEqual(clients.map((_, i) => `${i}!`));
        expect(told).toHaveLength(10);
      } finally {
        getHub().onError = onError;
        server.stop();
      }
      expect(server.closed).toBe(true);
    }),
  );

  it(
    "waits for its pool, stops, and takes a socket that is bound",
    green(() => {
      const bound = new DatagramSocket();
      bound.bind({ port: 0, host });
      const served: string[] = [];
      const server = new DatagramServer(
        bound,
        ({ data }) => {
          served.push(String(data));
          sleep(60_000);
        },
        { pool: new Pool(1) },
      );
      using client = new DatagramSocket();
      client.send("a", { port: server.port });
      client.send("b", { port: server.port });
      while (server.active === 0) sleep(1);
      sleep(10);
      expect(served).toEqual(["a"]);
      server.stop({ timeout: 5 });
      expect([bound.closed, server.active]).toEqual([true, 0]);
      expect(() => new DatagramServer(undefined as never, () => {})).toThrow("where must be an");
    }),
  );
});
