// What happens to calls that wait when something happens to their socket: the same under every
// driver.
import * as nodeNet from "node:net";
import { networkInterfaces } from "node:os";
import {
  ConcurrentObjectUseError,
  type Greenlet,
  GreenletExit,
  joinAll,
  sleep,
  spawn,
  Timeout,
} from "@greenlit/core";
import { green, thrownBy } from "@greenlit/testing";
import { describe, expect, it } from "vitest";
import { connect, listen, type Socket, SocketClosedError, socketPair } from "../src/index.js";

const host = "127.0.0.1";
const LARGE = 32 << 20;

/** Two ends of a connection: over TCP, and over a pair. */
const ENDS: Record<string, () => [Socket, Socket]> = {
  "over TCP": () => {
    using listener = listen({ port: 0, host });
    const near = connect({ port: listener.port, host });
    return [near, listener.accept()];
  },
  "of a pair": socketPair,
};

/** What a greenlet that waits can be in. */
const WAITS: Record<string, (socket: Socket) => unknown> = {
  read: (socket) => socket.read(),
  readExactly: (socket) => socket.readExactly(10),
  readLine: (socket) => socket.readLine(),
  write: (socket) => socket.write(Buffer.alloc(LARGE)),
  writev: (socket) => socket.writev([Buffer.alloc(LARGE), Buffer.alloc(10)]),
};

/** Runs it in a greenlet, and returns when that waits. */
function waiting<T>(call: () => T): Greenlet<T> {
  let begun = false;
  const greenlet = spawn(() => {
    begun = true;
    return call();
  });
  while (!begun) sleep(0);
  return greenlet as Greenlet<T>;
}

for (const [kind, ends] of Object.entries(ENDS)) {
  /** Runs `test` with two ends, and closes them. */
  const between = (test: (near: Socket, far: Socket) => void): (() => Promise<void>) =>
    green(() => {
      const [near, far] = ends();
      try {
        test(near, far);
      } finally {
        near.close();
        far.close();
      }
    });

  describe(`a socket ${kind}`, () => {
    for (const [verb, wait] of Object.entries(WAITS)) {
      it(
        `throws into ${verb} when it is closed here`,
        between((near) => {
          const one = waiting(() => thrownBy(() => wait(near)));
          near.close();
          const error = one.get() as Error;
          expect(error).toBeInstanceOf(SocketClosedError);
          expect(thrownBy(() => wait(near))).toBeInstanceOf(SocketClosedError);
        }),
      );

      it(
        `lets ${verb} be killed, and time out, and goes on`,
        between((near, far) => {
          let thrown: unknown;
          const doomed = waiting(() => {
            thrown = thrownBy(() => wait(near));
          });
          doomed.kill();
          expect(thrown).toBeInstanceOf(GreenletExit);
          far.write("after\n");
          expect(near.readLine()).toBe("after");
        }),
      );
    }

    it(
      "ends one direction, and the other goes on",
      between((near, far) => {
        near.end("question");
        expect(String(far.readExactly(8))).toBe("question");
        expect(far.read()).toBe(null);
        far.write("an answer, ");
        far.end("and more");
        expect(String(near.readExactly(19))).toBe("an answer, and more");
        expect([near.read(), near.read()]).toEqual([null, null]);
      }),
    );

    it(
      "carries both directions at once, each as fast as it is read",
      between((near, far) => {
        const content = Buffer.alloc(4 << 20, "0123456789");
        const work = [near, far].flatMap((one) => [
          spawn(() => one.write(content)),
          spawn(() => expect(one.readExactly(content.length).equals(content)).toBe(true)),
        ]);
        joinAll(work, { raiseError: true });
      }),
    );

    it(
      "lets one read and one write, and refuses a second of each",
      between((near, far) => {
        const reading = waiting(() => near.read());
        const writing = waiting(() => near.write(Buffer.alloc(LARGE)));
        expect(() => near.read(1, { timeout: 0 })).toThrow(ConcurrentObjectUseError);
        expect(() => near.write("x", { timeout: 0 })).toThrow(ConcurrentObjectUseError);
        expect(() => near.shutdown({ timeout: 0 })).toThrow(ConcurrentObjectUseError);
        far.write("y");
        expect(String(reading.get())).toBe("y");
        expect(writing.ready).toBe(false);
        expect(far.readExactly(LARGE)).toHaveLength(LARGE);
        writing.get();
      }),
    );

    it(
      "keeps the order of what was cut into pieces by timeouts",
      between((near, far) => {
        const pieces = Array.from({ length: 8 }, (_, i) => Buffer.alloc(1 << 20, 65 + i));
        const writer = spawn(() => {
          for (const piece of pieces) {
            try {
              near.write(piece, { timeout: 1 });
            } catch (error) {
              expect(error).toBeInstanceOf(Timeout);
              sleep(1);
            }
          }
          near.end();
        });
        const all = Buffer.concat([...far]);
        writer.get();
        // A piece is there as a whole, or, if its time was over before it began, not at all.
        const letters = [...String(all).matchAll(/(.)\1*/g)];
        expect(letters.map(([run]) => run.length)).toEqual(letters.map(() => 1 << 20));
        expect(letters.map(([, letter]) => letter)).toEqual(
          letters.map(([, letter]) => letter).toSorted(),
        );
      }),
    );

    it(
      "sees the end of a peer that closes, with what it had sent",
      between((near, far) => {
        far.write("last words");
        far.close();
        expect(String(near.readExactly(10))).toBe("last words");
        expect(near.read()).toBe(null);
        const error = thrownBy(() => {
          for (let i = 0; i < 1000; i++) {
            near.write("x");
            sleep(1);
          }
        }) as NodeJS.ErrnoException;
        expect(["EPIPE", "ECONNRESET"]).toContain(error.code);
        expect(error.syscall).toBe("write");
      }),
    );
  });
}

describe("a reset", () => {
  /** A connection whose other side is one of Node's, which can reset it. */
  const withPeer = (test: (near: Socket, peer: nodeNet.Socket) => void): (() => Promise<void>) =>
    green(() => {
      using listener = listen({ port: 0, host });
      const peer = nodeNet.connect(listener.port, host);
      peer.on("error", () => {});
      using near = listener.accept();
      try {
        test(near, peer);
      } finally {
        peer.destroy();
      }
    });

  it(
    "is thrown at who reads, with their stack",
    withPeer((near, peer) => {
      const reading = waiting(function theReader() {
        return thrownBy(() => near.read());
      });
      peer.resetAndDestroy();
      const error = reading.get() as NodeJS.ErrnoException;
      expect([error.code, error.syscall, error.message]).toEqual([
        "ECONNRESET",
        "read",
        "read ECONNRESET",
      ]);
      expect(error.stack).toMatch(/theReader/);
    }),
  );

  it(
    "is thrown at who writes",
    withPeer((near, peer) => {
      const writing = waiting(() => thrownBy(() => near.write(Buffer.alloc(LARGE))));
      peer.resetAndDestroy();
      expect(["ECONNRESET", "EPIPE"]).toContain((writing.get() as NodeJS.ErrnoException).code);
    }),
  );
});

describe("a number that is used again", () => {
  it(
    "never gives the new socket what was meant for the old one",
    green(() => {
      for (let round = 0; round < 200; round++) {
        const [near, far] = socketPair();
        const old = waiting(() => thrownBy(() => near.read()));
        // Ready and closed in one turn; the next pair has the same numbers.
        far.write("for the old one");
        near.close();
        far.close();
        const [next, peer] = socketPair();
        const reading = waiting(() => String(next.read()));
        sleep(0);
        expect(reading.ready).toBe(false);
        peer.write(`for ${round}`);
        expect(reading.get()).toBe(`for ${round}`);
        expect(old.get()).toBeInstanceOf(SocketClosedError);
        next.close();
        peer.close();
      }
    }),
  );
});

describe("what cannot be", () => {
  const code = (call: () => unknown): unknown => (thrownBy(call) as NodeJS.ErrnoException).code;
  const hasIPv6 = Object.values(networkInterfaces()).some((all) =>
    all?.some(({ family }) => family === "IPv6"),
  );

  it(
    "is refused with Node's codes, at the caller",
    green(() => {
      using listener = listen({ port: 0, host });
      const { port } = listener;
      const taken = thrownBy(function theCaller() {
        listen({ port, host });
      }) as NodeJS.ErrnoException & { address: string; port: number };
      expect([taken.code, taken.syscall, taken.address, taken.port]).toEqual([
        "EADDRINUSE",
        "listen",
        host,
        port,
      ]);
      expect(taken.stack).toMatch(/theCaller/);
      expect(code(() => listen({ port: 0, host: "192.0.2.1" }))).toBe("EADDRNOTAVAIL");
      expect(code(() => listen({ path: "/nowhere/at/all" }))).toMatch(/^(EACCES|ENOENT)$/);
      expect(code(() => connect({ path: "/nowhere/at/all" }))).toBe("ENOENT");
      expect(code(() => connect({ port: 70_000, host }))).toBe("ERR_SOCKET_BAD_PORT");
      expect(code(() => listen({ port: 70_000, host }))).toBe("ERR_SOCKET_BAD_PORT");
      expect(code(() => connect({ port: "x" as never, host }))).toBe("ERR_SOCKET_BAD_PORT");
      expect(code(() => connect({ port, host: 5 as never }))).toMatch(/^ERR_/);
      expect(code(() => connect({} as never))).toBe("ERR_MISSING_ARGS");
      if (hasIPv6) return;
      expect(code(() => connect({ port, host: "::1" }))).toMatch(
        /^(EAFNOSUPPORT|EADDRNOTAVAIL|ENETUNREACH|ECONNREFUSED)$/,
      );
    }),
  );

  it.each([5, null, {}, [1]])("writing %j", (wrong) =>
    green(() => {
      const [near, far] = socketPair();
      expect(() => near.write(wrong as never)).toThrow(TypeError);
      expect(() => near.writev([wrong] as never)).toThrow(TypeError);
      near.write("x");
      expect(String(far.read())).toBe("x");
      near.close();
      far.close();
    })(),
  );
});

describe("a socket that is unref'd", () => {
  it(
    "is woken all the same",
    green(() => {
      const [near, far] = socketPair();
      near.unref();
      const reading = waiting(() => String(near.read()));
      near.ref();
      near.unref();
      far.write("x");
      sleep(5);
      expect(reading.get()).toBe("x");
      near.close();
      far.close();
    }),
  );
});
