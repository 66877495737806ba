// What only the driver `uring` has: operations that go on between calls, buffers that the kernel
// chooses, queues that may be full, and kernels that lack some of it.
import { readdirSync } from "node:fs";
import { run, sleep, spawn, Timeout } from "@greenlit/core";
import { describe, expect, it } from "vitest";
import type { Address } from "../src/address.js";
import type { Descriptor } from "../src/backend.js";
import { describeBackend } from "../src/conformance.js";
import { availableBackends } from "../src/open.js";
import { READ } from "../src/readiness.js";
import { RingBackend, WITHOUT } from "../src/ring.js";
import { AHEAD } from "../src/ring-input.js";
import { system } from "../src/system.js";

const reason = availableBackends().find(({ name }) => name === "uring")?.reason ?? null;
/** Milliseconds: a call that must not wait has come back by then, on any machine. */
const SOON = { timeout: 20_000 } as const;
const calls = system();
const X = Buffer.from("x");

/** Kernels, by what they lack. */
const KERNELS = {
  "as it is": WITHOUT.nothing,
  "without multishot operations": WITHOUT.multishot,
  "without incremental buffers": WITHOUT.incremental,
  "without either": WITHOUT.multishot | WITHOUT.incremental,
};

function pair(backend: RingBackend, type: 1 | 2 = 1): [Descriptor, Descriptor] {
  const fds = calls.socketPair(type) as [number, number];
  return [backend.register(fds[0]), backend.register(fds[1])];
}

function openFds(): number {
  return readdirSync("/proc/self/fd").length;
}

/** Runs it with a ring, of which nothing must be left. */
function withRing(without: number, body: (backend: RingBackend) => void): Promise<void> {
  return run(() => {
    const before = openFds();
    const backend = new RingBackend(without);
    body(backend);
    expect(backend.stats()).toMatchObject({ registered: 0, waiting: 0, underWay: 0 });
    expect(backend.ring.operations.size).toBe(0);
    backend.close();
    expect(openFds()).toBe(before);
  });
}

if (reason !== null) it.skip(`uring: ${reason}`, () => {});

describe.skipIf(reason !== null)("uring", () => {
  it("finds out what the kernel has, and does without it", async () => {
    await withRing(WITHOUT.multishot | WITHOUT.incremental, ({ ring: { native } }) => {
      expect([native.multishot, native.incremental]).toEqual([false, false]);
    });
    expect(() => new RingBackend(WITHOUT.operations)).toThrow(
      "the kernel's io_uring has no operation poll",
    );
    expect(calls.whyNoRing(WITHOUT.operations)).toContain("has no operation poll");
    expect(calls.whyNoRing(WITHOUT.nothing)).toBe("");
  });

  for (const [kernel, without] of Object.entries(KERNELS)) {
    describe(`on a kernel ${kernel}`, () => {
      if (without !== 0) describeBackend("uring", () => new RingBackend(without), { describe, it });

      it("keeps what comes for a call that was interrupted", () =>
        withRing(without, (backend) => {
          const [one, other] = pair(backend);
          for (let i = 0; i < 50; i++) {
            expect(() => one.receive(10, "receive", { timeout: 0 })).toThrow(Timeout);
            expect(backend.stats().underWay).toBe(0);
            other.send(Buffer.from(`message ${i}`), "send");
            const killed = spawn(() => one.receive(1, "receive"));
            killed.kill();
            expect(String(one.receive(100, "receive", SOON))).toBe(`message ${i}`);
          }
          one.close();
          other.close();
        }));

      it("stops taking in what nobody asks for, and goes on later", () =>
        withRing(without, (backend) => {
          const [one, other] = pair(backend);
          other.send(X, "send");
          expect(String(one.receive(10, "receive", SOON))).toBe("x");
          const data = Buffer.from(Uint32Array.from({ length: 5_000_000 }, (_, i) => i).buffer);
          const sent = sentBefore(() => other.send(data, "send", { timeout: 200 }));
          // The kernel's own buffers hold some hundred kilobytes.
          expect(sent).toBeGreaterThan(AHEAD.bytes);
          expect(sent).toBeLessThan(data.length / 4);
          expect(receiveAll(one, sent).equals(data.subarray(0, sent))).toBe(true);
          const sender = spawn(() => other.send(data, "send"));
          expect(receiveAll(one, data.length).equals(data)).toBe(true);
          sender.get(SOON);
          one.close();
          other.close();
        }));

      it("accepts no more connections than somebody asks for, or a few", () =>
        withRing(without, (backend) => {
          const fd = calls.socket(4, 1);
          calls.bind(fd, { family: 4, address: "127.0.0.1", port: 0 });
          calls.listen(fd, 100);
          const address = calls.localAddress(fd) as Address;
          const server = backend.register(fd);
          const clients = Array.from({ length: 60 }, () => backend.register(calls.socket(4, 1)));
          const before = openFds();
          const first = spawn(() => server.accept("accept"));
          for (const client of clients) client.connect(address, "connect", SOON);
          const accepted = [first.get(SOON)];
          // It stops when it is full; by then a batch may have brought more.
          for (let i = 0; i < 10; i++) sleep(1);
          expect(openFds() - before).toBeLessThan(60);
          while (accepted.length < 30) accepted.push(server.accept("accept", SOON));
          // What it has accepted, and nobody has asked for, is closed with it.
          server.close();
          for (const each of accepted) calls.close(each);
          for (const client of clients) {
            expect(() => client.wait(READ, "wait", SOON)).not.toThrow();
            client.close();
          }
        }));

      it("has room for everybody when all buffers are in use", () =>
        withRing(without, (backend) => {
          const pairs = Array.from({ length: 100 }, () => pair(backend));
          const data = pairs.map((_, i) => Buffer.alloc(60_000, `${i} `));
          const readers = pairs.map(([one]) => spawn(() => receiveAll(one, 60_000)));
          sleep(0);
          // Before anything of it is taken.
          pairs.forEach(([, other], i) => {
            for (let at = 0; at < 60_000;) at += calls.send(other.fd, data[i] as Buffer, at);
          });
          readers.forEach((reader, i) => {
            expect(reader.get(SOON).equals(data[i] as Buffer)).toBe(true);
          });
          for (const each of pairs.flat()) each.close();
        }));

      it("hears of everything when its queues are too small", () =>
        withRing(without, (backend) => {
          // 6,000 pieces, each of which may be a completion of its own: there is room for 4,096.
          const [one, other] = pair(backend);
          other.send(X, "send");
          expect(String(one.receive(1, "receive", SOON))).toBe("x");
          let sent = 0;
          while (sent < 6000 && calls.send(other.fd, X, 0) === 1) sent++;
          // Else the kernel takes in fewer of them before it is asked again.
          const { multishot, incremental } = backend.ring.native;
          if (multishot && incremental) expect(sent).toBeGreaterThan(4096);
          expect(receiveAll(one, sent).length).toBe(sent);
          one.close();
          other.close();
          // 5,000 operations in one turn: there is room for 256 of them, and for 4,096 answers.
          const all = Array.from({ length: 5000 }, () => {
            return spawn(() => backend.files.stat("/", "stat").isDirectory());
          });
          expect(all.every((each) => each.get(SOON))).toBe(true);
        }));

      it("ends what is under way when it is closed", () =>
        withRing(without, (backend) => {
          for (let i = 0; i < 50; i++) {
            const [one, other] = pair(backend);
            const reader = spawn(() => one.receive(10, "receive"));
            sleep(0);
            // Nothing is kept open by what the kernel still has: the other side sees the end.
            one.close();
            expect(() => reader.get()).toThrow("closed");
            expect(other.receive(10, "receive", SOON)).toBe(null);
            other.close();
          }
        }));

      it("lets several greenlets send what need not wait, in their order", () =>
        withRing(without, (backend) => {
          const [one, other] = pair(backend);
          const [left, right] = pair(backend, 2);
          const numbers = Array.from({ length: 8 }, (_, i) => i);
          const senders = numbers.flatMap((i) => [
            spawn(() => one.send(Buffer.from([i]), "send")),
            spawn(() => left.sendTo(Buffer.from([i]), null, "sendTo")),
          ]);
          for (const sender of senders) sender.get(SOON);
          expect([...receiveAll(other, numbers.length)]).toEqual(numbers);
          const datagrams = numbers.map(() => right.receiveFrom(10, "receiveFrom", SOON).data);
          expect([...Buffer.concat(datagrams)]).toEqual(numbers);
          for (const each of [one, other, left, right]) each.close();
        }));

      it("is not confused by signals", () =>
        withRing(without, (backend) => {
          const [one, other] = pair(backend);
          let heard = 0;
          const hear = (): void => void heard++;
          process.on("SIGUSR2", hear);
          const data = Buffer.alloc(3_000_000, "signals");
          const sender = spawn(() => {
            for (let at = 0; at < data.length; at += 100_000) {
              process.kill(process.pid, "SIGUSR2");
              other.send(data.subarray(at, at + 100_000), "send");
            }
          });
          expect(receiveAll(one, data.length).equals(data)).toBe(true);
          sender.get(SOON);
          while (heard === 0) sleep(1);
          process.off("SIGUSR2", hear);
          one.close();
          other.close();
        }));
    });
  }

  it("waits for pipes too, in both directions", () =>
    withRing(WITHOUT.nothing, (backend) => {
      const [from, to] = (calls.pipe() as [number, number]).map((fd) => backend.register(fd)) as [
        Descriptor,
        Descriptor,
      ];
      const reader = spawn(() => String(from.receive(10, "receive")));
      sleep(0);
      to.send(Buffer.from("hello"), "send");
      expect(reader.get(SOON)).toBe("hello");
      const sent = sentBefore(() => to.send(Buffer.alloc(1_000_000), "send", { timeout: 50 }));
      expect(sent).toBeGreaterThan(0);
      expect(backend.stats().underWay).toBe(0);
      expect(receiveAll(from, sent).length).toBe(sent);
      to.close();
      expect(from.receive(10, "receive", SOON)).toBe(null);
      from.close();
    }));
});

function receiveAll(descriptor: Descriptor, length: number): Buffer {
  const pieces: Buffer[] = [];
  for (let got = 0; got < length;) {
    const data = descriptor.receive(Math.min(65_536, length - got), "receive", SOON);
    if (data === null) throw new Error(`it ended after ${got} bytes`);
    pieces.push(data);
    got += data.length;
  }
  return Buffer.concat(pieces);
}

/** What was sent before it took too long. */
function sentBefore(fn: () => void): number {
  try {
    fn();
  } catch (error) {
    if (error instanceof Timeout) return (error as { sent?: number }).sent ?? 0;
    throw error;
  }
  throw new Error("it ended");
}
