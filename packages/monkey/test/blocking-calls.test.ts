// The contract of @greenlit/testing/blocking-calls, over what a patch adds to Node's modules, and
// over what it replaces there. The functions of files have a table in their package.
import childProcess from "node:child_process";
import crypto from "node:crypto";
import dns from "node:dns";
import events, { EventEmitter } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import net from "node:net";
import readline from "node:readline";
import stream, { Duplex, PassThrough, Readable, Writable } from "node:stream";
import timers from "node:timers";
import tls from "node:tls";
import workers, { MessageChannel } from "node:worker_threads";
import zlib from "node:zlib";
import type { WaitOptions } from "@greenlit/core";
import {
  type BlockingCall,
  CLAUSES,
  describeBlockingCalls,
} from "@greenlit/testing/blocking-calls";
import { afterAll, describe, expect, it } from "vitest";
import { patch, unpatchAll } from "../src/index.js";

const added = {
  dns,
  events,
  http,
  http2,
  https,
  net,
  stream,
  timers,
  tls,
  worker_threads: workers,
} as unknown as Record<string, Record<string, unknown>>;
const namesIn = (): string[] =>
  Object.entries(added).flatMap(([module, functions]) =>
    Object.keys(functions)
      .filter((name) => name.endsWith("Sync"))
      .map((name) => `${module}.${name}`),
  );
const before = namesIn();
const replaceable = { child_process: childProcess, crypto, zlib } as unknown as typeof added;
const nodes = Object.entries(replaceable).map(([name, module]) => [name, { ...module }] as const);

/** No name is ever found, and no work done. */
const silence = (): void => {};
for (const module of [crypto, zlib]) {
  for (const name of Object.keys(module)) {
    const isAsynchronous = `${name}Sync` in module || /^(randomBytes|sign|verify)$/.test(name);
    if (isAsynchronous) Reflect.set(module, name, silence);
  }
}
patch({
  atomics: true,
  child_process: true,
  crypto: true,
  dns: true,
  events: true,
  http: true,
  http2: true,
  net: true,
  readline: true,
  stream: true,
  timers: true,
  tls: true,
  worker_threads: true,
  zlib: true,
});
afterAll(unpatchAll);

const { lookup, resolve4 } = dns;
dns.lookup = silence as unknown as typeof dns.lookup;
dns.resolve4 = silence as unknown as typeof dns.resolve4;
afterAll(() => Object.assign(dns, { lookup, resolve4 }));

/** A row, with the name of the function that the patch has added. */
interface Added extends BlockingCall {
  readonly added: string;
}

const nowhere = { host: "nowhere.invalid", port: 1 };
/** They pass what they do not know on to Node. */
const NODES = { passesOn: true, spreads: true };

function sending(
  added: string,
  send: (options: http.RequestOptions & WaitOptions) => unknown,
): Added {
  return {
    added,
    name: "http.request",
    ...NODES,
    blocked: () => ({ call: (o) => send({ ...nowhere, agent: false, ...o } as never) }),
  };
}

/** A socket that says nothing, and takes nothing. */
function onSocket(added: string, name: string, call: (s: net.Socket, o?: WaitOptions) => unknown) {
  return {
    added,
    name,
    blocked: () => {
      const socket = new net.Socket();
      socket._write = silence;
      socket._read = silence;
      socket.write("full");
      return { call: (o?: WaitOptions) => call(socket, o), end: () => void socket.destroy() };
    },
  };
}

const CALLS: Added[] = [
  {
    added: "dns.lookupSync",
    name: "dns.lookup",
    passesOn: true,
    blocked: () => ({ call: (o) => dns.lookupSync("nowhere", o) }),
  },
  {
    added: "dns.resolveSync",
    name: "dns.resolve",
    blocked: () => ({ call: (o) => dns.resolveSync("nowhere", "A", o) }),
  },
  {
    added: "net.connectSync",
    name: "net.connect",
    ...NODES,
    blocked: () => ({ call: (o) => net.connectSync({ ...nowhere, ...o }) }),
  },
  {
    added: "tls.connectSync",
    name: "tls.connectSync",
    ...NODES,
    blocked: () => ({ call: (o) => tls.connectSync({ ...nowhere, ...(o as object) }) }),
  },
  {
    added: "http2.connectSync",
    name: "http2.connectSync",
    ...NODES,
    blocked: () => ({ call: (o) => http2.connectSync("https://nowhere.invalid", o) }),
  },
  {
    added: "http2.ClientHttp2Session.requestSync",
    name: "http2.ClientHttp2Session.requestSync",
    blocked: () => {
      const createConnection = (): Duplex => new Duplex({ read: silence, write: silence });
      const session = http2.connectSync("http://nowhere.invalid", { createConnection });
      return { call: (o) => session.requestSync({}, o), end: () => session.destroy() };
    },
  },
  {
    added: "events.onceSync",
    name: "events.onceSync",
    blocked: () => {
      const emitter = new EventEmitter();
      const state = (): unknown => emitter.eventNames();
      return { call: (o) => events.onceSync(emitter, "never", o), state };
    },
  },
  {
    added: "stream.finishedSync",
    name: "stream.finishedSync",
    ...NODES,
    blocked: () => {
      const never = new PassThrough();
      const state = (): unknown => never.eventNames();
      return { call: (o) => stream.finishedSync(never, o), state };
    },
  },
  {
    added: "stream.pipelineSync",
    name: "stream.pipelineSync",
    ...NODES,
    blocked: () => ({
      call: (o) =>
        stream.pipelineSync(new Readable({ read: silence }), new Writable({ write: silence }), {
          ...o,
        }),
    }),
  },
  {
    added: "readline.Interface.questionSync",
    name: "readline.questionSync",
    blocked: () => {
      const output = new PassThrough();
      const asking = readline.createInterface({ input: new PassThrough(), output });
      return { call: (o) => asking.questionSync("who?", o), end: () => asking.close() };
    },
  },
  {
    added: "worker_threads.receiveMessageOnPortSync",
    name: "worker_threads.receiveMessageOnPortSync",
    blocked: () => {
      const { port1, port2 } = new MessageChannel();
      const end = (): void => port2.close();
      return { call: (o) => workers.receiveMessageOnPortSync(port1, o), end };
    },
    easy: () => {
      const { port1, port2 } = new MessageChannel();
      const left: unknown[] = [1, 2];
      for (const message of left) port2.postMessage(message);
      left.shift();
      workers.receiveMessageOnPortSync(port1);
      return {
        call: (o) => {
          workers.receiveMessageOnPortSync(port1, o);
          left.shift();
        },
        state: () => left.length,
        end: () => port1.close(),
      };
    },
  },
  sending("http.requestSync", (o) => http.requestSync(o as never)),
  sending("http.getSync", (o) => http.getSync(o as never)),
  sending("https.requestSync", (o) => https.requestSync(o as never)),
  sending("https.getSync", (o) => https.getSync(o as never)),
  {
    added: "timers.setTimeoutSync",
    name: "sleep",
    takes: [],
    blocked: () => ({ call: () => timers.setTimeoutSync(Infinity) }),
  },
  onSocket("net.Socket.readSync", "net.Socket.read", (s, o) => s.readSync(1, o)),
  onSocket("net.Socket.writeSync", "net.Socket.write", (s, o) => s.writeSync("x", o)),
];

it("every function that a patch adds is in the table", () => {
  const covered = new Set([...before, ...CALLS.map((one) => one.added)]);
  expect(namesIn().length).toBeGreaterThan(before.length);
  expect(namesIn().filter((name) => !covered.has(name))).toEqual([]);
});

describeBlockingCalls(CALLS, { describe, it });

const MUCH = Buffer.alloc(200_000);
const packing = Object.keys(zlib).filter((name) => /(press|flate|Raw|zip)Sync$/.test(name));

const REPLACED: Record<string, () => unknown> = {
  "Atomics.wait": () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0),
  "child_process.execFileSync": () => childProcess.execFileSync("sleep", ["100"]),
  "child_process.execSync": () => childProcess.execSync("exec sleep 100"),
  "child_process.spawnSync": () => childProcess.spawnSync("sleep", ["100"]),
  "crypto.checkPrimeSync": () => crypto.checkPrimeSync(97n),
  "crypto.generateKeyPairSync": () => crypto.generateKeyPairSync("rsa", { modulusLength: 1024 }),
  "crypto.generateKeySync": () => crypto.generateKeySync("hmac", { length: 2_000_000 }),
  "crypto.generatePrimeSync": () => crypto.generatePrimeSync(64),
  "crypto.hkdfSync": () => crypto.hkdfSync("sha1", MUCH, "", "", 8),
  "crypto.pbkdf2Sync": () => crypto.pbkdf2Sync("", "", 1000, 8, "sha1"),
  "crypto.randomBytes": () => crypto.randomBytes(200_000),
  "crypto.randomFillSync": () => crypto.randomFillSync(MUCH),
  "crypto.scryptSync": () => crypto.scryptSync("", "", 8),
  "crypto.sign": () => crypto.sign(null, MUCH, "key"),
  "crypto.verify": () => crypto.verify(null, MUCH, "key", MUCH),
  ...("argon2Sync" in crypto && {
    "crypto.argon2Sync": () => (crypto as never as { argon2Sync: () => unknown }).argon2Sync(),
  }),
  ...Object.fromEntries(
    packing.map((name) => [`zlib.${name}`, () => zlib[name as "gzipSync"](MUCH)]),
  ),
};

it("every function that a patch replaces is in the table", () => {
  const replaced = nodes.flatMap(([module, functions]) =>
    Object.entries(replaceable[module] as object)
      .filter(([name, value]) => value !== functions[name] && value !== silence)
      .map(([name]) => `${module}.${name}`),
  );
  expect([...replaced, "Atomics.wait"].sort()).toEqual(Object.keys(REPLACED).sort());
});

// On the hub they are Node's own, and block.
for (const { title, concerns, check } of CLAUSES.filter(({ title }) => !/on the hub/.test(title))) {
  for (const [name, call] of Object.entries(REPLACED)) {
    const one: BlockingCall = { name, takes: [], blocked: () => ({ call }) };
    if (concerns(one)) it(`${title}: ${name}`, () => check(one));
  }
}
