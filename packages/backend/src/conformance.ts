// The contract of a backend (backend.ts), a clause for each of its sentences with MUST: for every
// driver, and whoever writes another one.
import assert from "node:assert/strict";
import { spawn as spawnChild } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { createServer, connect as connectStream } from "node:net";
import { run, spawn, sleep, Timeout, wait, type Greenlet } from "@greenlit/core";
import type { Address } from "./address.js";
import type { Backend, Descriptor } from "./backend.js";
import { READ, WRITE } from "./readiness.js";
import { OPTIONS, system } from "./system.js";

/** One promise that a backend keeps. */
export interface Clause {
  /** The words of the contract that it is about. */
  readonly says: readonly string[];
  /** In a greenlet. Throws when the backend breaks it. */
  readonly check: (backend: Backend) => void;
}

/** What it needs of a test runner: those of vitest, of `node:test`, of jest. */
export interface SuiteHooks {
  describe(name: string, body: () => void): unknown;
  it(name: string, body: () => Promise<void>): unknown;
}

/**
 * Tests every clause with a backend.
 * @param open makes one; each clause gets one of its own.
 */
export function describeBackend(name: string, open: () => Backend, hooks: SuiteHooks): void {
  hooks.describe(`the backend ${name}`, () => {
    for (const [title, { check }] of Object.entries(CLAUSES)) {
      hooks.it(title, () => checkClause(check, open));
    }
  });
}

/** @throws (as a rejection) when the backend breaks it, or leaves something registered. */
export async function checkClause(check: Clause["check"], open: () => Backend): Promise<void> {
  await run(() => {
    const backend = open();
    check(backend);
    const { registered, waiting } = backend.stats();
    assert.deepEqual({ registered, waiting }, { registered: 0, waiting: 0 });
    backend.close();
  });
}

const HERE = { family: 4, address: "127.0.0.1", port: 0 } as const;
/** Milliseconds: a call that must not wait has come back by then, on any machine. */
const SOON = 20_000;

/** Two connected descriptors of this backend. */
function pair(backend: Backend): [Descriptor, Descriptor] {
  const fds = made(system().socketPair(1));
  return [backend.register(fds[0]), backend.register(fds[1])];
}

/** A listening socket, and where it is. */
function listener(backend: Backend): [Descriptor, Address] {
  const calls = system();
  const fd = made(calls.socket(4, 1));
  made(calls.bind(fd, HERE));
  made(calls.listen(fd, 16));
  return [backend.register(fd), made(calls.localAddress(fd))];
}

function made<T>(result: T | number): T {
  if (typeof result === "number" && result < 0) throw new Error(`a system call failed: ${result}`);
  return result as T;
}

/** Both ends of a TCP connection. */
function connection(backend: Backend): [Descriptor, Descriptor] {
  const [server, address] = listener(backend);
  const client = backend.register(made(system().socket(4, 1)));
  client.connect(address, "connect", { timeout: SOON });
  const accepted = backend.register(server.accept("accept", { timeout: SOON }));
  server.close();
  return [client, accepted];
}

/** What `fn` throws; null when it does not. */
function errorOf(fn: () => unknown): (NodeJS.ErrnoException & { sent?: number }) | null {
  try {
    fn();
    return null;
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
}

function thrownBy(fn: () => unknown): NodeJS.ErrnoException & { sent?: number } {
  const error = errorOf(fn);
  assert.ok(error !== null, "it throws");
  return error;
}

/** Lets the others go until they wait. */
function settle(): void {
  for (let i = 0; i < 4; i++) sleep(0);
}

/** A greenlet that has begun to wait. */
function waiting<T>(fn: () => T): Greenlet<T> {
  const greenlet = spawn(fn);
  settle();
  assert.equal(greenlet.ready, false, "it waits");
  return greenlet;
}

/** How often Node's loop has gone round. */
function turnsOfLoop(): number {
  return performance.nodeTiming.uvMetricsInfo.loopCount;
}

/** Sends until the kernel takes no more. */
function fill(descriptor: Descriptor): number {
  const error = thrownBy(() => descriptor.send(Buffer.alloc(8_000_000), "send", { timeout: 50 }));
  assert.ok(error instanceof Timeout, String(error));
  return (error as { sent?: number }).sent ?? 0;
}

/** All of them, by title. */
export const CLAUSES: Readonly<Record<string, Clause>> = {
  "uses no processor while all wait": {
    says: ["a backend MUST NOT use the processor"],
    check(backend) {
      const [one, other] = pair(backend);
      const reader = waiting(() => one.receive(10, "receive"));
      // The compiler, and what else the process does, may need some for a while.
      let share = Infinity;
      const turnsBefore = turnsOfLoop();
      for (let i = 0; i < 5 && share >= 0.08; i++) {
        const [start, before] = [performance.now(), process.cpuUsage()];
        sleep(1000);
        const used = process.cpuUsage(before);
        share = Math.min(share, (used.user + used.system) / 1000 / (performance.now() - start));
      }
      // What spins may get little of the processor, where others want it too.
      const turns = turnsOfLoop() - turnsBefore;
      other.close();
      reader.get();
      one.close();
      assert.ok(share < 0.08, `it used ${share.toFixed(2)} of a processor`);
      assert.ok(turns < 200, `the loop went round ${turns} times`);
    },
  },
  "lets the loop go on": {
    says: ["MUST go on while greenlets wait"],
    check(backend) {
      const [one, other] = pair(backend);
      const reader = waiting(() => one.receive(10, "receive"));
      const timeout = { timeout: SOON };
      wait(new Promise((resolve) => setTimeout(resolve, 5)), timeout);
      wait(new Promise((resolve) => setImmediate(resolve)), timeout);
      wait(
        new Promise((resolve) => {
          spawnChild(process.execPath, ["-e", "0"], { stdio: "ignore" }).on("exit", resolve);
        }),
        timeout,
      );
      const heard = wait(
        new Promise<string>((resolve) => {
          const server = createServer((stream) => stream.pipe(stream)).listen(
            0,
            "127.0.0.1",
            () => {
              const { port } = server.address() as { port: number };
              const stream = connectStream(port, "127.0.0.1", () => stream.end("hello"));
              let text = "";
              stream.on("data", (data) => (text += data));
              stream.on("close", () => server.close(() => resolve(text)));
            },
          );
        }),
        timeout,
      );
      assert.equal(heard, "hello");
      assert.equal(reader.ready, false);
      other.close();
      assert.equal(reader.get(), null);
      one.close();
    },
  },
  "refuses what is not open": {
    says: ["A descriptor that is not open MUST be refused with EBADF."],
    check(backend) {
      const fd = openSync(process.execPath, "r");
      closeSync(fd);
      for (const wrong of [fd, -1]) {
        const error = thrownBy(() => backend.register(wrong));
        assert.equal(error.code, "EBADF", String(error));
      }
    },
  },
  "refuses what it cannot wait for": {
    says: ["One that this backend cannot wait for MUST be refused, and MUST be left as it was"],
    check(backend) {
      const fd = openSync(process.execPath, "r");
      const flags = (): string => readFileSync(`/proc/self/fdinfo/${fd}`, "utf8");
      const before = flags();
      try {
        backend.register(fd).release();
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, "EPERM", String(error));
        assert.equal(flags(), before);
      } finally {
        closeSync(fd);
      }
    },
  },
  "refuses what it has": {
    says: ["One that is registered already MUST be refused with EEXIST."],
    check(backend) {
      const [one, other] = pair(backend);
      assert.equal(thrownBy(() => backend.register(one.fd)).code, "EEXIST");
      other.send(Buffer.from("x"), "send");
      assert.equal(String(one.receive(10, "receive", { timeout: SOON })), "x");
      one.close();
      other.close();
    },
  },
  "ends when all descriptors are gone": {
    says: ["Every descriptor MUST have been closed or released before."],
    check(backend) {
      const [one, other] = pair(backend);
      assert.throws(() => backend.close(), /registered/);
      other.send(Buffer.from("x"), "send");
      assert.equal(String(one.receive(10, "receive", { timeout: SOON })), "x");
      one.close();
      other.close();
    },
  },
  "an interrupted wait leaves nothing behind": {
    says: ["MUST end the wait, and MUST leave nothing behind: the next call finds all bytes."],
    check(backend) {
      const [one, other] = pair(backend);
      const late = thrownBy(() => one.receive(10, "one.receive", { timeout: 1 }));
      assert.ok(late instanceof Timeout && late.message.includes("one.receive"), String(late));
      const reason = new Error("aborted");
      const controller = new AbortController();
      setTimeout(() => controller.abort(reason), 1);
      const { signal } = controller;
      assert.equal(
        thrownBy(() => one.receive(10, "receive", { signal })),
        reason,
      );
      waiting(() => one.receive(10, "receive")).kill();
      // Killed when it has been woken already, but has not run since.
      const woken = waiting(() => one.receive(10, "receive"));
      other.send(Buffer.from("all of it"), "send");
      woken.kill(undefined, { block: false });
      woken.join();
      const rest = woken.value instanceof Buffer ? String(woken.value) : "";
      const next = rest === "" ? String(one.receive(10, "receive", { timeout: SOON })) : rest;
      assert.equal(next, "all of it");
      one.close();
      other.close();
    },
  },
  "one greenlet for each direction": {
    says: [
      "Two greenlets MUST NOT wait in one direction: the second MUST get a ConcurrentObjectUseError",
      "and the first MUST go on.",
      "One that receives and one that sends MUST NOT disturb each other.",
    ],
    check(backend) {
      const [one, other] = pair(backend);
      const reader = waiting(() => one.receive(10, "receive"));
      const sent = fill(one);
      const writer = waiting(() => one.send(Buffer.from("end"), "send"));
      for (const second of [
        () => one.receive(10, "receive"),
        () => one.wait(READ, "wait"),
        () => one.send(Buffer.from("x"), "send"),
        () => one.wait(WRITE, "wait"),
      ]) {
        assert.equal(thrownBy(second).code, "ERR_GREENLIT_CONCURRENT_USE");
      }
      other.send(Buffer.from("hello"), "send");
      assert.equal(String(reader.get({ timeout: SOON })), "hello");
      assert.equal(writer.ready, false);
      let length = 0;
      while (length < sent + 3) {
        length += (other.receive(65_536, "receive", { timeout: SOON }) as Buffer).length;
      }
      writer.get({ timeout: SOON });
      one.close();
      other.close();
    },
  },
  "what fails throws the system's error": {
    says: [
      "What fails MUST throw the system's error in Node's shape, with the stack of the caller.",
    ],
    check(backend) {
      const descriptor = backend.register(made(system().socket(4, 1)));
      const error = thrownBy(function caller() {
        descriptor.receive(10, "receive");
      });
      assert.equal(error.message, "read ENOTCONN");
      assert.equal(error.code, "ENOTCONN");
      assert.equal(error.syscall, "read");
      assert.ok((error.errno as number) < 0);
      assert.match(error.stack as string, /^Error: read ENOTCONN\n/);
      descriptor.close();
      const [one, other] = connection(backend);
      // It has not read all: the kernel answers with a reset.
      one.send(Buffer.from("x"), "send");
      other.wait(READ, "wait", { timeout: SOON });
      other.close();
      assert.equal(
        thrownBy(() => one.receive(10, "receive", { timeout: SOON })).code,
        "ECONNRESET",
      );
      one.close();
    },
  },
  "a closed descriptor": {
    says: ["A call on a closed descriptor MUST throw a DescriptorClosedError."],
    check(backend) {
      const [one, other] = pair(backend);
      one.close();
      other.close();
      for (const call of [
        () => one.wait(READ, "wait"),
        () => one.tryWait(READ, "tryWait"),
        () => one.accept("accept"),
        () => one.connect({ path: "x" }, "connect"),
        () => one.receive(1, "receive"),
        () => one.send(Buffer.from("x"), "send"),
        () => one.receiveFrom(1, "receiveFrom"),
        () => one.sendTo(Buffer.from("x"), null, "sendTo"),
      ]) {
        assert.equal(thrownBy(call).code, "ERR_GREENLIT_DESCRIPTOR_CLOSED");
      }
      assert.equal(one.fd, -1);
    },
  },
  "wait returns when something would not block": {
    says: [
      "It MUST return at once when that is so already.",
      "it MUST return true in the end, and false when its own `timeout` has passed.",
    ],
    check(backend) {
      const [one, other] = pair(backend);
      one.wait(WRITE, "wait", { timeout: SOON });
      const waiter = waiting(() => one.wait(READ, "wait", { timeout: SOON }));
      other.send(Buffer.from("hello"), "send");
      waiter.get();
      // Again and again, as long as nobody takes it; also what is left of it.
      one.wait(READ, "wait", { timeout: SOON });
      assert.equal(String(one.receive(2, "receive")), "he");
      one.wait(READ, "wait", { timeout: SOON });
      assert.equal(String(one.receive(10, "receive")), "llo");
      assert.ok(thrownBy(() => one.wait(READ, "wait", { timeout: 1 })) instanceof Timeout);
      assert.equal(one.tryWait(READ, "tryWait", { timeout: 1 }), false);
      assert.equal(one.tryWait(WRITE, "tryWait", { timeout: 1 }), true);
      fill(one);
      assert.ok(thrownBy(() => one.wait(WRITE, "wait", { timeout: 1 })) instanceof Timeout);
      other.close();
      one.wait(READ, "wait", { timeout: SOON });
      one.wait(WRITE, "wait", { timeout: SOON });
      one.close();
    },
  },
  "accept gives connections": {
    says: ["which MUST be nonblocking and MUST NOT be inherited by"],
    check(backend) {
      const [server, address] = listener(backend);
      const accepting = waiting(() => server.accept("accept"));
      const clients = [1, 2].map(() => backend.register(made(system().socket(4, 1))));
      for (const client of clients) client.connect(address, "connect", { timeout: SOON });
      const fds = [accepting.get({ timeout: SOON }), server.accept("accept", { timeout: SOON })];
      for (const fd of fds) {
        const flags = /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"));
        const bits = Number.parseInt(flags?.[1] as string, 8);
        assert.deepEqual([bits & 0o4000, bits & 0o2000000], [0o4000, 0o2000000]);
        system().close(fd);
      }
      for (const one of [server, ...clients]) one.close();
    },
  },
  "connect waits for the answer": {
    says: ["It MUST return when the connection is there, and MUST throw what the peer or"],
    check(backend) {
      const [one, other] = connection(backend);
      assert.equal(typeof system().remoteAddress(one.fd), "object");
      // What comes with the connection, and its end, is not missed.
      other.send(Buffer.from("bye"), "send");
      other.close();
      assert.equal(String(one.receive(100, "receive", { timeout: SOON })), "bye");
      assert.equal(one.receive(100, "receive", { timeout: SOON }), null);
      one.close();
      // Nobody listens there, and nobody else can.
      const silent = backend.register(made(system().socket(4, 1)));
      made(system().bind(silent.fd, HERE));
      const address = made(system().localAddress(silent.fd)) as Address & { port: number };
      const { port } = address;
      const refused = backend.register(made(system().socket(4, 1)));
      const error = thrownBy(() => refused.connect(address, "connect", { timeout: SOON }));
      assert.equal(error.message, `connect ECONNREFUSED 127.0.0.1:${port}`);
      assert.deepEqual([error.code, error.syscall], ["ECONNREFUSED", "connect"]);
      assert.equal((error as { port?: number }).port, port);
      refused.close();
      silent.close();
    },
  },
  "receive gives bytes of its own, and null at the end": {
    says: ["It MUST be null at the end of the stream, as often as it is asked."],
    check(backend) {
      for (const make of [pair, connection]) {
        const [one, other] = make(backend);
        const reader = waiting(() => one.receive(3, "receive"));
        other.send(Buffer.from("abcdef"), "send");
        const first = reader.get({ timeout: SOON }) as Buffer;
        const second = one.receive(100, "receive") as Buffer;
        assert.deepEqual([String(first), String(second)], ["abc", "def"]);
        // What is left of a byte is none, but the rest of what has come is there.
        other.send(Buffer.from("gh"), "send");
        for (const byte of ["g", "h"]) {
          assert.equal(String(one.receive(1.5, "receive", { timeout: SOON })), byte);
        }
        other.send(Buffer.alloc(200_000, "x"), "send", { timeout: SOON });
        made(system().shutdown(other.fd, 1));
        let length = 0;
        for (;;) {
          const data = one.receive(Infinity, "receive", { timeout: SOON });
          if (data === null) break;
          length += data.length;
        }
        assert.equal(length, 200_000);
        assert.deepEqual([String(first), String(second)], ["abc", "def"]);
        for (let i = 0; i < 3; i++) {
          assert.equal(one.receive(10, "receive", { timeout: SOON }), null);
        }
        // Half closed: the other direction works.
        one.send(Buffer.from("still"), "send");
        assert.equal(String(other.receive(10, "receive", { timeout: SOON })), "still");
        one.close();
        other.close();
      }
    },
  },
  "send sends all of it": {
    says: ["the error MUST have the number of bytes that were sent as its property `sent`"],
    check(backend) {
      const [one, other] = pair(backend);
      const sent = fill(one);
      assert.ok(sent > 0 && sent < 8_000_000, String(sent));
      let length = 0;
      while (length < sent) length += (other.receive(65_536, "receive") as Buffer).length;
      assert.equal(length, sent);
      // Pieces, empty ones among them, more than one system call takes.
      const pieces = Array.from({ length: 300 }, (_, i) => Buffer.alloc(i % 7 === 0 ? 0 : 5000, i));
      const writer = spawn(() => one.send(pieces, "send"));
      const all: Buffer[] = [];
      const whole = Buffer.concat(pieces);
      for (length = 0; length < whole.length;) {
        const data = other.receive(65_536, "receive", { timeout: SOON }) as Buffer;
        all.push(data);
        length += data.length;
      }
      writer.get({ timeout: SOON });
      assert.ok(Buffer.concat(all).equals(whole));
      other.close();
      assert.equal(thrownBy(() => one.send(Buffer.from("x"), "send")).code, "EPIPE");
      one.close();
    },
  },
  "datagrams, also empty ones": {
    says: ["An empty one MUST be told"],
    check(backend) {
      const calls = system();
      const [one, other] = [1, 2].map(() => {
        const fd = made(calls.socket(4, 2));
        made(calls.bind(fd, HERE));
        return backend.register(fd);
      }) as [Descriptor, Descriptor];
      const to = made(calls.localAddress(other.fd));
      const from = made(calls.localAddress(one.fd));
      const receiver = waiting(() => other.receiveFrom(100, "receiveFrom"));
      one.sendTo(Buffer.from("hello"), to, "sendTo");
      const first = receiver.get({ timeout: SOON });
      assert.deepEqual([String(first.data), first.address], ["hello", from]);
      one.sendTo(Buffer.alloc(0), to, "sendTo");
      one.sendTo(Buffer.from("cut off"), to, "sendTo");
      assert.equal(other.receiveFrom(100, "receiveFrom", { timeout: SOON }).data.length, 0);
      assert.equal(String(other.receiveFrom(3, "receiveFrom", { timeout: SOON }).data), "cut");
      made(calls.connect(one.fd, to));
      one.sendTo(Buffer.from("connected"), null, "sendTo");
      assert.equal(
        String(other.receiveFrom(100, "receiveFrom", { timeout: SOON }).data),
        "connected",
      );
      one.close();
      other.close();
    },
  },
  "close throws into who waits": {
    says: ["Who waits MUST get `error`", "The second time it MUST do nothing."],
    check(backend) {
      const [one, other] = pair(backend);
      fill(one);
      const reader = waiting(() => thrownBy(() => one.receive(1, "receive")));
      const writer = waiting(() => thrownBy(() => one.send(Buffer.from("x"), "send")));
      const { fd } = one;
      const error = new Error("enough");
      one.close(error);
      assert.equal(made(system().socket(4, 1)), fd, "it is closed");
      one.close(new Error("again"));
      assert.deepEqual([reader.get(), writer.get()], [error, error]);
      made(system().close(fd));
      other.close();
      const [third, fourth] = pair(backend);
      const waiter = waiting(() => thrownBy(() => third.wait(READ, "wait")));
      third.close();
      assert.equal(waiter.get().code, "ERR_GREENLIT_DESCRIPTOR_CLOSED");
      fourth.close();
    },
  },
  "a number that is used again": {
    says: [
      "The registration MUST be forgotten before the descriptor is closed",
      "nothing that comes for the old one MUST reach the new one.",
    ],
    check(backend) {
      for (let round = 0; round < 20; round++) {
        const [one, other] = pair(backend);
        const [next, peer] = pair(backend);
        let renewed: Descriptor | undefined;
        let far: Descriptor | undefined;
        // Both are ready in one batch. Who has the first turn closes the other, takes its number.
        const meet = (mine: Descriptor, theirs: Descriptor): unknown => {
          const data = mine.receive(10, "receive");
          const { fd } = theirs;
          theirs.close();
          [renewed, far] = pair(backend);
          if (far.fd === fd) [renewed, far] = [far, renewed];
          assert.equal(renewed.fd, fd, "the number is used again");
          return data;
        };
        const greenlets = [
          waiting(() => errorOf(() => meet(one, next))),
          waiting(() => errorOf(() => meet(next, one))),
        ];
        other.send(Buffer.from("x"), "send");
        peer.send(Buffer.from("y"), "send");
        const codes = greenlets.map((greenlet) => {
          return greenlet.get({ timeout: SOON })?.code ?? "none";
        });
        assert.deepEqual(codes.toSorted(), ["ERR_GREENLIT_DESCRIPTOR_CLOSED", "none"]);
        const reader = waiting(() => renewed?.receive(10, "receive"));
        far?.send(Buffer.from("mine"), "send");
        assert.equal(String(reader.get({ timeout: SOON })), "mine");
        for (const each of [one, other, next, peer, renewed, far]) each?.close();
      }
    },
  },
  "release leaves it open": {
    says: [
      "As `close`, but it MUST leave the descriptor open",
      "Whoever goes on with the descriptor MUST get these bytes first.",
    ],
    check(backend) {
      const [one, other] = pair(backend);
      const reader = waiting(() => thrownBy(() => one.receive(1, "receive")));
      const fd = one.fd;
      assert.equal(one.release(new Error("released")), fd);
      assert.equal(reader.get().message, "released");
      assert.equal(one.fd, -1);
      const again = backend.register(fd);
      other.send(Buffer.from("x"), "send");
      assert.equal(String(again.receive(1, "receive", { timeout: SOON })), "x");
      assert.equal(made(system().getOption(fd, OPTIONS.error)), 0);
      // What has come and was not received is not lost.
      other.send(Buffer.from("one two"), "send");
      assert.equal(String(again.receive(3, "receive", { timeout: SOON })), "one");
      other.send(Buffer.from(" three"), "send");
      again.release();
      let text = again.unread()?.toString() ?? "";
      assert.equal(again.unread(), null);
      const last = backend.register(fd);
      while (text.length < 10) text += String(last.receive(10, "receive", { timeout: SOON }));
      assert.equal(text, " two three");
      last.close();
      other.close();
    },
  },
};
