import { fork } from "node:child_process";
import { once } from "node:events";
import * as net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConcurrentObjectUseError, joinAll, run, sleep, spawn, Timeout } from "@greenlit/core";
import { green } from "@greenlit/testing";
import { describe, expect, it } from "vitest";
import {
  connect,
  LimitExceededError,
  listen,
  type Listener,
  Socket,
  SocketClosedError,
  UnexpectedEndError,
} from "../src/index.js";
import { withClosedPort } from "./closed-port.js";

/** Runs `test` in a greenlet with the two ends of a connection. */
function pair(test: (near: Socket, far: Socket, listener: Listener) => void): () => Promise<void> {
  return green(() => {
    using listener = listen({ port: 0, host: "127.0.0.1" });
    using near = connect({ port: listener.port, host: "127.0.0.1" });
    using far = listener.accept();
    test(near, far, listener);
  });
}

const caught = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
};

describe("read", () => {
  it(
    "returns what has come, null at the end",
    pair((near, far) => {
      far.write("hello");
      expect(near.read()?.toString()).toBe("hello");
      far.end();
      expect(near.read()).toBe(null);
      expect(near.read()).toBe(null);
    }),
  );

  it(
    "returns at most max bytes and keeps the rest",
    pair((near, far) => {
      far.end("hello");
      expect(near.read(2)?.toString()).toBe("he");
      expect(near.read(2)?.toString()).toBe("ll");
      expect(near.read()?.toString()).toBe("o");
      expect(near.read(1)).toBe(null);
      expect(() => near.read(0)).toThrow(RangeError);
    }),
  );

  it(
    "blocks only its greenlet",
    pair((near, far) => {
      const order: string[] = [];
      const reader = spawn(() => order.push(String(near.read())));
      sleep(10);
      order.push("meanwhile");
      far.write("late");
      reader.join();
      expect(order).toEqual(["meanwhile", "late"]);
    }),
  );

  it(
    "times out, and loses nothing by it",
    pair((near, far) => {
      far.write("half");
      expect(() => near.readExactly(8, { timeout: 20 })).toThrow(Timeout);
      far.write("full");
      expect(near.readExactly(8).toString()).toBe("halffull");
    }),
  );

  it(
    "follows a signal",
    pair((near) => {
      const controller = new AbortController();
      const reason = new Error("enough");
      setTimeout(() => controller.abort(reason), 10);
      expect(caught(() => near.read(1, { signal: controller.signal }))).toBe(reason);
    }),
  );

  it(
    "allows one reader at a time",
    pair((near, far) => {
      const first = spawn(() => near.read());
      sleep(0);
      expect(() => near.read()).toThrow(ConcurrentObjectUseError);
      far.write("x");
      expect(String(first.get())).toBe("x");
      far.write("y");
      expect(String(near.read())).toBe("y");
    }),
  );

  it(
    "throws the stack of the caller with a reset",
    green(() => {
      using listener = listen({ port: 0, host: "127.0.0.1" });
      const peer = net.connect(listener.port, "127.0.0.1");
      using near = listener.accept();
      peer.resetAndDestroy();
      const error = caught(function theReader() {
        while (near.read() !== null);
      }) as NodeJS.ErrnoException;
      expect(error.code).toBe("ECONNRESET");
      expect(error.stack).toMatch(/theReader/);
    }),
  );
});

describe("readExactly, readUntil, readLine", () => {
  it(
    "cut the stream where they should, however it arrives",
    pair((near, far) => {
      const writer = spawn(() => {
        for (const byte of "one\r\ntwo\nabc--rest--last") {
          far.write(byte);
          sleep(0);
        }
        far.end();
      });
      expect(near.readLine()).toBe("one");
      expect(near.readLine()).toBe("two");
      expect(near.readExactly(3).toString()).toBe("abc");
      expect(near.readUntil("--").toString()).toBe("--");
      expect(near.readUntil(Buffer.from("t--")).toString()).toBe("rest--");
      expect(near.readLine()).toBe("last");
      expect(near.readLine()).toBe(null);
      expect(near.readExactly(0)).toHaveLength(0);
      writer.join();
    }),
  );

  it(
    "find a delimiter that arrives in two pieces",
    pair((near, far) => {
      const reader = spawn(() => near.readUntil("--").toString());
      far.write("rest-");
      sleep(10);
      far.write("-more");
      expect(reader.get()).toBe("rest--");
    }),
  );

  it(
    "say what came when the end comes first",
    pair((near, far) => {
      far.end("short");
      const error = caught(() => near.readExactly(9)) as UnexpectedEndError;
      expect(error).toBeInstanceOf(UnexpectedEndError);
      expect(error.code).toBe("ERR_GREENLIT_UNEXPECTED_END");
      expect(error.partial.toString()).toBe("short");
      expect(() => near.readUntil("\n")).toThrow(UnexpectedEndError);
    }),
  );

  it(
    "accept a line up to the limit and not a byte more",
    pair((near, far) => {
      far.write("1234567\n12345678\n");
      expect(near.readLine({ limit: 8 })).toBe("1234567");
      const error = caught(() => near.readLine({ limit: 8 })) as LimitExceededError;
      expect(error).toBeInstanceOf(LimitExceededError);
      expect([error.code, error.limit]).toEqual(["ERR_GREENLIT_LIMIT_EXCEEDED", 8]);
      expect(near.readLine()).toBe("12345678");
    }),
  );

  it(
    "hold a peer back that sends an endless line",
    pair((near, far) => {
      const writer = spawn(() => {
        for (;;) far.write(Buffer.alloc(65536, "x"));
      });
      expect(() => near.readLine()).toThrow(LimitExceededError);
      sleep(50);
      expect(writer.dead).toBe(false);
      const { reader } = near as unknown as { reader: { queue: { length: number } } };
      const buffered = reader.queue.length + (near.stream?.readableLength ?? 0);
      expect(buffered).toBeLessThan(1 << 20);
      writer.kill();
    }),
  );
});

describe("iteration", () => {
  it(
    "gives all chunks until the end",
    pair((near, far) => {
      spawn(() => far.end(Buffer.alloc(1_000_000, 7)));
      let size = 0;
      for (const chunk of near) size += chunk.length;
      expect(size).toBe(1_000_000);
    }),
  );
});

describe("write", () => {
  it(
    "waits until the peer takes it",
    pair((near, far) => {
      let written = false;
      const writer = spawn(() => {
        near.write(Buffer.alloc(16 << 20, 1));
        written = true;
      });
      sleep(30);
      expect(written).toBe(false);
      expect(far.readExactly(16 << 20).every((byte) => byte === 1)).toBe(true);
      writer.join();
      expect(written).toBe(true);
    }),
  );

  it(
    "times out, and goes on where it was",
    pair((near, far) => {
      expect(() => near.write(Buffer.alloc(16 << 20, "a"), { timeout: 20 })).toThrow(Timeout);
      const second = spawn(() => near.end("b"));
      const all = Buffer.concat([...far]);
      second.get();
      expect(all.length).toBe((16 << 20) + 1);
      expect(all.at(-1)).toBe(0x62);
    }),
  );

  it(
    "allows one writer at a time",
    pair((near) => {
      const first = spawn(() => near.write(Buffer.alloc(16 << 20)));
      sleep(0);
      expect(() => near.write("x")).toThrow(ConcurrentObjectUseError);
      first.kill();
    }),
  );

  it(
    "fails after end, and does not harm reading",
    pair((near, far) => {
      near.end("bye");
      expect(() => near.write("more")).toThrow(SocketClosedError);
      expect(far.readExactly(3).toString()).toBe("bye");
      expect(far.read()).toBe(null);
      far.write("half-open");
      expect(String(near.read())).toBe("half-open");
      near.shutdown();
    }),
  );

  it(
    "fails when the peer has gone",
    pair((near, far) => {
      far.close();
      const error = caught(() => {
        for (;;) {
          near.write("x");
          sleep(1);
        }
      }) as NodeJS.ErrnoException;
      expect(["EPIPE", "ECONNRESET"]).toContain(error.code);
    }),
  );
});

describe("close", () => {
  it(
    "throws into who reads and who writes",
    pair((near) => {
      const reader = spawn(() => caught(() => near.read()));
      const writer = spawn(() => caught(() => near.write(Buffer.alloc(16 << 20))));
      sleep(5);
      near.close();
      expect(reader.get()).toBeInstanceOf(SocketClosedError);
      expect(writer.get()).toBeInstanceOf(SocketClosedError);
      expect(() => near.read()).toThrow(SocketClosedError);
      near.close();
      expect(near.closed).toBe(true);
    }),
  );

  it(
    "is what dispose does",
    pair((near, far) => {
      {
        using socket = near;
        socket.write("x");
      }
      expect(Buffer.concat([...far]).toString()).toBe("x");
    }),
  );
});

describe("writev", () => {
  it(
    "writes all chunks, in order",
    pair((near, far) => {
      const chunks = Array.from({ length: 100 }, (_, i) => Buffer.alloc(i * 100, i));
      const writer = spawn(() => {
        near.writev(chunks);
        near.writev([]);
        near.end();
      });
      expect(Buffer.concat([...far])).toEqual(Buffer.concat(chunks));
      writer.get();
    }),
  );
});

describe("timeout", () => {
  it(
    "is that of calls which are given none",
    pair((near, far) => {
      near.timeout = 10;
      for (const call of [
        () => near.read(),
        () => near.readExactly(1),
        () => near.readUntil("x", { limit: 5 }),
        () => near.readLine({}),
        () => near.write(Buffer.alloc(16 << 20)),
      ]) {
        expect((caught(call) as Timeout).ms).toBe(10);
      }
      expect((caught(() => near.read(1, { timeout: 5 })) as Timeout).ms).toBe(5);
      expect(() => near.read(1, { timeout: "5" as never })).toThrow(TypeError);
      expect(() => near.read(1, 5 as never)).toThrow(TypeError);
      const late = spawn(() => String(near.read(1, { timeout: null })));
      sleep(20);
      far.write("x");
      expect(late.get()).toBe("x");
      expect(() => (near.timeout = -1)).toThrow(RangeError);
      near.timeout = null;
    }),
  );
});

describe("from", () => {
  it("gives the same view of the same Node socket", () => {
    const stream = new net.Socket();
    expect(Socket.from(stream)).toBe(Socket.from(stream));
    stream.destroy();
  });
});

describe("connect", () => {
  it("throws Node's error with the stack of the caller", async () => {
    const error = (await run(function theCaller() {
      return withClosedPort((port) => caught(() => connect({ port, host: "127.0.0.1" })));
    })) as NodeJS.ErrnoException;
    expect([error.code, error.syscall]).toEqual(["ECONNREFUSED", "connect"]);
    expect(error.stack).toMatch(/theCaller/);
  });

  it("times out, and gives the socket up", async () => {
    // A listener that never accepts; when its queue is full, Linux answers nothing to further
    // connections.
    const child = fork(new URL("deaf-listener.mjs", import.meta.url));
    const [port] = (await once(child, "message")) as [number];
    try {
      await green(() => {
        const sockets = () =>
          process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length;
        const before = sockets();
        const connected: Socket[] = [];
        expect(() => {
          for (;;) connected.push(connect({ port, host: "127.0.0.1", timeout: 100 }));
        }).toThrow(Timeout);
        for (const socket of connected) socket.close();
        sleep(10);
        expect(sockets()).toBe(before);
      })();
    } finally {
      child.kill();
    }
  });

  it(
    "speaks Unix sockets",
    green(() => {
      const path = join(tmpdir(), `greenlit-${process.pid}.sock`);
      using listener = listen({ path });
      using near = connect({ path });
      using far = listener.accept();
      near.write("hi");
      expect(String(far.read())).toBe("hi");
      expect([listener.address, listener.port]).toEqual([path, 0]);
    }),
  );

  it(
    "carries many conversations at once",
    green(() => {
      using listener = listen({ port: 0, host: "127.0.0.1" });
      const server = spawn(() => {
        for (const socket of listener) {
          spawn(() => {
            for (const chunk of socket) socket.write(chunk);
            socket.close();
          });
        }
      });
      const clients = Array.from({ length: 50 }, (_, i) =>
        spawn(() => {
          using socket = connect({ port: listener.port, host: "127.0.0.1" });
          for (let round = 0; round < 20; round++) {
            socket.write(`${i} ${round}\n`);
            expect(socket.readLine()).toBe(`${i} ${round}`);
          }
          return true;
        }),
      );
      joinAll(clients);
      expect(clients.every((client) => client.get())).toBe(true);
      listener.close();
      server.get();
    }),
  );
});
