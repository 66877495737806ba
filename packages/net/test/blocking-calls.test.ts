// The contract of @greenlit/testing/blocking-calls, over a table of all calls of sockets and HTTP.
import dns from "node:dns";
import * as nodeNet from "node:net";
import { PassThrough, Writable } from "node:stream";
import { type Descriptor, READ, system } from "@greenlit/backend";
import { sleep, spawn, Timeout, wait, type WaitOptions } from "@greenlit/core";
import { green, thrownBy, turns } from "@greenlit/testing";
import {
  type BlockingCall,
  describeBlockingCalls,
  strayNames,
} from "@greenlit/testing/blocking-calls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { IncomingBody } from "../src/http-server/incoming-body.js";
import * as net from "../src/index.js";
import {
  addresses,
  BlockingMessage,
  connect,
  connectStream,
  connectWebSocket,
  createAgent,
  DatagramSocket,
  fetch,
  get,
  type HttpOptions,
  listen,
  type Listener,
  listenWebSocket,
  lookup,
  request,
  type RequestOptions,
  requestMessage,
  resolve,
  serve,
  Socket,
  startTls,
  StreamReader,
  StreamServer,
  StreamWriter,
  type WebSocket,
} from "../src/index.js";
import { overStreams } from "./over-streams.js";

const host = "127.0.0.1";
const silence = (): void => {};

/** Says nothing to anybody, and counts who came. */
const silent = nodeNet.createServer((socket) => void socket.on("error", silence).resume());
let came = 0;
silent.on("connection", () => (came += 1));
let url = "";

// No name is ever found: for calls that wait for that.
const { lookup: dnsLookup, resolve: dnsResolve, resolve4, resolve6 } = dns;
beforeAll(async () => {
  dns.lookup = ((name: string, ...rest: never[]) => {
    if (nodeNet.isIP(name) !== 0) Reflect.apply(dnsLookup, dns, [name, ...rest]);
  }) as unknown as typeof dns.lookup;
  dns.resolve = silence as unknown as typeof dns.resolve;
  dns.resolve4 = silence as unknown as typeof resolve4;
  dns.resolve6 = silence as unknown as typeof resolve6;
  await new Promise<void>((done) => silent.listen(0, host, done));
  url = `http://${host}:${(silent.address() as nodeNet.AddressInfo).port}/`;
});
afterAll(() => {
  dns.lookup = dnsLookup;
  Object.assign(dns, { resolve: dnsResolve, resolve4, resolve6 });
  silent.close();
});

/** Reads from a stream that says nothing, and from one that has said something. */
function reading(
  verb: string,
  read: (reader: StreamReader, options?: WaitOptions) => unknown,
): BlockingCall {
  return {
    name: `stream.${verb}`,
    blocked: () => {
      const stream = new PassThrough();
      const reader = new StreamReader(stream, "stream");
      return { call: (o) => read(reader, o), state: () => stream.readableLength };
    },
    easy: () => {
      const stream = new PassThrough();
      const reader = new StreamReader(stream, "stream");
      stream.write("one\ntwo\n");
      return { call: (o) => read(reader, o), state: () => stream.readableLength };
    },
  };
}

/** Writes to a stream that takes nothing. */
function writing(
  verb: string,
  write: (writer: StreamWriter, options?: WaitOptions) => unknown,
): BlockingCall {
  const set = (full: boolean) => () => {
    const stream = new Writable({ write: silence });
    const writer = new StreamWriter(stream, "stream");
    if (full) stream.write("full");
    const state = (): unknown => [stream.writableLength, stream.writableEnded];
    return { call: (o?: WaitOptions) => write(writer, o), state };
  };
  return { name: `stream.${verb}`, blocked: set(verb === "write"), easy: set(false) };
}

/** The body of a message, of which nothing comes. */
function onMessage(
  verb: string,
  call: (message: BlockingMessage, options?: WaitOptions) => unknown,
): BlockingCall {
  return {
    name: `http.IncomingMessage.${verb}`,
    blocked: () => {
      const message = new BlockingMessage(new PassThrough() as never);
      return { call: (o) => call(message, o) };
    },
  };
}

/** Two ends of a connection, the other of which says nothing. */
function onSocket(
  verb: string,
  call: (socket: Socket, options?: WaitOptions) => unknown,
): BlockingCall {
  return {
    name: `net.Socket.${verb}`,
    blocked: () => {
      using listener = listen({ port: 0, host });
      const near = connect({ port: listener.port, host });
      const far = listener.accept();
      return { call: (o) => call(near, o), end: () => [near, far].forEach((one) => one.close()) };
    },
    easy: () => {
      using listener = listen({ port: 0, host });
      const near = connect({ port: listener.port, host });
      const far = listener.accept();
      far.write("one\ntwo\n");
      near.read(1);
      const { reader } = near as unknown as { reader: { queue: { length: number } } };
      return {
        call: (o) => call(near, o),
        state: () => reader.queue.length,
        end: () => [near, far].forEach((one) => one.close()),
      };
    },
  };
}

/** How many, or at least whether any, wait to be accepted. */
function arrived(listener: Listener): unknown {
  const own = listener as unknown as { arrived: unknown[]; descriptor: Descriptor };
  return overStreams ? own.arrived.length : (system().ready(own.descriptor.fd) & READ) !== 0;
}

/** Sends a request that is never answered. */
function sending(
  name: string,
  send: (options?: WaitOptions) => unknown,
  more: Partial<BlockingCall> = {},
): BlockingCall {
  return { name, ...more, blocked: () => ({ call: send, state: () => came }) };
}

/** Writes to a connection whose other end takes nothing any more. */
function stuffed(
  verb: string,
  call: (socket: Socket, options?: WaitOptions) => unknown,
): BlockingCall {
  return {
    name: `net.Socket.${verb}`,
    blocked: () => {
      using listener = listen({ port: 0, host });
      const near = connect({ port: listener.port, host });
      const far = listener.accept();
      try {
        near.write(Buffer.alloc(32 << 20), { timeout: 0 });
      } catch (error) {
        if (!(error instanceof Timeout)) throw error;
      }
      return { call: (o) => call(near, o), end: () => [near, far].forEach((one) => one.close()) };
    },
  };
}

/** A datagram socket to which nothing is sent. */
function onDatagrams(
  verb: string,
  call: (socket: DatagramSocket, options?: WaitOptions) => unknown,
  takes?: readonly [],
): BlockingCall {
  return {
    name: `DatagramSocket.${verb}`,
    ...(takes === undefined ? {} : { takes }),
    blocked: () => {
      const socket = new DatagramSocket();
      if (verb !== "bind") socket.bind({ port: 0, host });
      return { call: (o) => call(socket, o), end: () => socket.close() };
    },
  };
}

/** A server with a connection that does not end. */
const joining: BlockingCall = {
  name: "StreamServer.join",
  blocked: () => {
    const server = new StreamServer({ port: 0, host }, () => sleep(60_000));
    const client = connect({ port: server.port, host });
    while (server.active === 0) sleep(1);
    return {
      call: (o) => server.join(o),
      end: () => {
        client.close();
        server.stop({ timeout: 0 });
      },
    };
  },
};

const isOpen = (one: WebSocket): boolean =>
  (one as unknown as { ws: { readyState: number } }).ws.readyState === 1;

/** A WebSocket whose peer says nothing. */
function onWebSocket(
  verb: string,
  call: (socket: WebSocket, options?: WaitOptions) => unknown,
): BlockingCall {
  return {
    name: `WebSocket.${verb}`,
    blocked: () => {
      using listener = listenWebSocket({ port: 0, host });
      const near = Array.from({ length: verb === "close" ? 30 : 1 }, () =>
        connectWebSocket(`ws://${host}:${listener.port}`),
      );
      const far = near.map(() => listener.accept());
      for (const one of far) (one as unknown as { ws: { pause(): void } }).ws.pause();
      if (verb === "send") {
        const full = thrownBy(() => near[0]?.send(Buffer.alloc(32 << 20), { timeout: 0 }));
        if (!(full instanceof Timeout)) throw full;
      }
      return {
        // An interrupted close cuts the connection off.
        call: (o) => call(near.find(isOpen) as WebSocket, o),
        end: () => [...near, ...far].forEach((one) => one.terminate()),
      };
    },
  };
}

const somewhere = { host: "nowhere.invalid", port: 1 };
const http = (o?: WaitOptions): HttpOptions => ({ ...o, agent: false });

/** Adds the pool, if they are options at all. */
function withPool(
  dispatcher: ReturnType<typeof createAgent>,
  options?: WaitOptions,
): RequestOptions {
  const plain = options === undefined || Object.getPrototypeOf(options ?? 0) === Object.prototype;
  return plain ? { ...options, dispatcher } : (options as RequestOptions);
}

const NODES = { passesOn: true, spreads: true };

const CALLS: BlockingCall[] = [
  reading("read", (r, o) => r.read(1, o)),
  reading("readExactly", (r, o) => r.readExactly(4, o)),
  reading("readUntil", (r, o) => r.readUntil("\n", o)),
  reading("readLine", (r, o) => r.readLine(o)),
  writing("write", (w, o) => w.write("more", o)),
  onMessage("read", (m, o) => m.readSync(1, o)),
  onMessage("bytes", (m, o) => m.bytesSync(o)),
  onMessage("bytes", (m, o) => m.textSync(o)),
  onSocket("read", (s, o) => s.read(1, o)),
  onSocket("readExactly", (s, o) => s.readExactly(4, o)),
  onSocket("readUntil", (s, o) => s.readUntil("\n", o)),
  onSocket("readLine", (s, o) => s.readLine(o)),
  stuffed("write", (s, o) => s.write("x", o)),
  stuffed("writev", (s, o) => s.writev([Buffer.from("x")], o)),
  stuffed("sendFile", (s, o) => s.sendFile(import.meta.filename, o)),
  stuffed("end", (s, o) => s.end(undefined, o)),
  stuffed("shutdown", (s, o) => s.shutdown(o)),
  onDatagrams("receive", (s, o) => s.receive(o)),
  onDatagrams("send", (s, o) => s.send("x", somewhere, o)),
  onDatagrams("connect", (s, o) => s.connect(somewhere, o)),
  onDatagrams("bind", (s) => s.bind(somewhere), []),
  joining,
  onWebSocket("receive", (s, o) => s.receive(o)),
  onWebSocket("send", (s, o) => s.send("x", o)),
  onWebSocket("close", (s, o) => s.close(1000, "", o)),
  onWebSocket("ping", (s, o) => s.ping(o)),
  {
    name: "WebSocketListener.accept",
    blocked: () => {
      const listener = listenWebSocket({ port: 0, host });
      return { call: (o) => listener.accept(o), at: [listener], end: () => listener.close() };
    },
  },
  {
    name: "connectWebSocket",
    spreads: true,
    blocked: () => ({
      call: (o) => connectWebSocket(url.replace("http:", "ws:"), o),
      state: () => came,
    }),
  },
  {
    name: "listenWebSocket",
    takes: [],
    blocked: () => ({ call: () => listenWebSocket({ port: 0, host: "nowhere.invalid" }) }),
  },
  {
    name: "net.accept",
    blocked: () => {
      const listener = listen({ port: 0, host });
      return {
        call: (o) => listener.accept(o),
        ...(overStreams ? { at: [listener] } : {}),
        end: () => listener.close(),
      };
    },
    easy: () => {
      const listener = listen({ port: 0, host });
      const client = connect({ port: listener.port, host });
      return {
        call: (o) => listener.accept(o),
        state: () => arrived(listener),
        end: () => [client, listener].forEach((one: Socket | Listener) => one.close()),
      };
    },
  },
  { name: "net.listen", takes: [], blocked: () => ({ call: () => listen(somewhere) }) },
  {
    name: "net.connect",
    ...NODES,
    blocked: () => ({ call: (o) => connect({ ...somewhere, ...o }) }),
  },
  {
    name: "net.connect",
    ...NODES,
    blocked: () => ({ call: (o) => connectStream({ ...somewhere, ...o }) }),
  },
  {
    name: "net.connect",
    ...NODES,
    blocked: () => {
      const listener = listen({ port: 0, host });
      return {
        call: (o) => connect({ port: listener.port, host, tls: true, ...o }),
        end: () => listener.close(),
      };
    },
  },
  {
    name: "net.startTls",
    ...NODES,
    blocked: () => {
      const listener = listen({ port: 0, host });
      const near = Array.from({ length: 30 }, () => connect({ port: listener.port, host }));
      return {
        call: (o) => startTls(near.find(({ closed }) => !closed) as Socket, o),
        end: () => [...near, listener].forEach((one: Socket | Listener) => one.close()),
      };
    },
  },
  { name: "dns.lookup", passesOn: true, blocked: () => ({ call: (o) => lookup("nowhere", o) }) },
  { name: "dns.resolve", blocked: () => ({ call: (o) => resolve("nowhere", "A", o) }) },
  { name: "dns.resolve", blocked: () => ({ call: (o) => resolve("nowhere", "MX", o) }) },
  { name: "dns.addresses", blocked: () => ({ call: (o) => addresses("nowhere", o) }) },
  {
    name: "http.request",
    // A pool of its own: what it connects for nobody any more ends with it.
    blocked: () => {
      const dispatcher = createAgent();
      return {
        call: (o) => request(url, withPool(dispatcher, o)),
        end: () => wait(dispatcher.destroy()),
      };
    },
  },
  sending("http.request", (o) => requestMessage(url, http(o)), NODES),
  sending("http.request", (o) => get(url, http(o)), NODES),
  {
    name: "fetch",
    ...NODES,
    takes: ["signal"],
    blocked: () => {
      const dispatcher = createAgent();
      return {
        call: (o) => fetch(url, { ...(o as object), dispatcher }),
        end: () => wait(dispatcher.destroy()),
      };
    },
  },
];

/** A server with a request that is never answered. */
function servingForEver(): { server: net.HttpServer; end: () => void } {
  let handled = false;
  const server = serve({ port: 0, host }, () => {
    handled = true;
    sleep(1e9);
    return {};
  });
  const client = connect({ port: server.port, host });
  client.write("GET / HTTP/1.1\r\nhost: me\r\n\r\n");
  while (!handled) sleep(1);
  const end = (): void => {
    client.close();
    server.stop({ timeout: 0 });
  };
  return { server, end };
}

CALLS.push(
  { name: "net.listen", takes: [], blocked: () => ({ call: () => serve(somewhere, () => ({})) }) },
  {
    name: "HttpServer.join",
    blocked: () => {
      const { server, end } = servingForEver();
      return { call: (o) => server.join(o), at: [server], end };
    },
    easy: () => {
      const server = serve({ port: 0, host }, () => ({}));
      server.stop();
      return { call: (o) => server.join(o), state: () => server.connections };
    },
  },
  {
    name: "HttpServer.stop",
    gives: undefined, // what still runs then is killed
    blocked: () => {
      const { server, end } = servingForEver();
      return { call: (o) => server.stop(o), at: [server], state: () => server.address, end };
    },
    easy: () => {
      const server = serve({ port: 0, host }, () => ({}));
      return { call: (o) => server.stop(o), state: () => server.address, end: () => server.stop() };
    },
  },
  ...(["read", "bytes", "text"] as const).map((verb): BlockingCall => ({
    name: "http.body",
    blocked: () => {
      const { body } = new IncomingBody(Number.NaN, Infinity, silence);
      return { call: (o) => body[verb](o) };
    },
  })),
);

/** The names of functions, and what the errors of the table call them. */
const NAMES: Record<string, string> = {
  listen: "net.listen",
  serve: "net.listen",
  connect: "net.connect",
  connectStream: "net.connect",
  startTls: "net.startTls",
  connectWebSocket: "connectWebSocket",
  listenWebSocket: "listenWebSocket",
  lookup: "dns.lookup",
  resolve: "dns.resolve",
  addresses: "dns.addresses",
  request: "http.request",
  requestMessage: "http.request",
  get: "http.request",
  fetch: "fetch",
  blockingFetch: "fetch",
};

it("every function is in the table, or is known not to block", () => {
  const names = new Set(CALLS.map(({ name }) => name));
  const covered = Object.keys(NAMES).filter((name) => names.has(NAMES[name] as string));
  expect(
    strayNames(net, covered, [
      "blocking",
      "clearDnsCache",
      "createAgent",
      "green",
      "socketPair",
      "acceptWebSocket",
    ]),
  ).toEqual({
    missing: [],
    unknown: [],
  });
});

it("every method of servers and requests is, too", () => {
  const inServer = ["accept", "endAccepting", "untilThereIsRoom", "begin", "forget"];
  const server = strayNames(net.HttpServer.prototype, ["join", "stop"], inServer);
  expect(server.missing).toEqual([]);
  const reads = ["read", "bytes", "text", "json"];
  const request = strayNames(net.ServerRequest.prototype, reads, ["upgrade", "abort"]);
  expect(request.missing).toEqual([]);
});

it("every method of sockets, readers and writers is, too", () => {
  const reads = ["read", "readExactly", "readLine", "readUntil"];
  const other = (object: object, known: string[]): unknown =>
    strayNames(object, reads, known).missing;
  const { prototype: reader } = StreamReader;
  expect(
    other(Object.getPrototypeOf(reader), ["readAll", "rest", "unread", "find", "more", "begin"]),
  ).toEqual([]);
  const inWriter = [
    "send",
    "finish",
    "fail",
    "give",
    "flush",
    "park",
    "throwFailure",
    "begin",
    "leave",
  ];
  expect(other(StreamWriter.prototype, ["write", "end", ...inWriter])).toEqual([]);
  const inSocket = [
    "unread",
    "detach",
    "setNoDelay",
    "setKeepAlive",
    "ref",
    "unref",
    "send",
    "finish",
    "begin",
    "within",
  ];
  expect(
    other(Socket.prototype, [
      "write",
      "writev",
      "sendFile",
      "end",
      "shutdown",
      "close",
      ...inSocket,
    ]),
  ).toEqual([]);
  expect(other(net.Listener.prototype, ["accept", "close", "ref", "unref"])).toEqual([]);
});

it("every method of WebSockets is, too", () => {
  const stray = strayNames(
    net.WebSocket.prototype,
    ["receive", "send", "ping", "close"],
    ["terminate", "begin", "checkOpen", "arrive", "pause", "end"],
  );
  expect(stray).toEqual({ missing: [], unknown: [] });
});

it("every method of datagram sockets and servers is, too", () => {
  const sets = Object.getOwnPropertyNames(DatagramSocket.prototype).filter((n) =>
    n.startsWith("set"),
  );
  const stray = strayNames(
    DatagramSocket.prototype,
    ["bind", "connect", "send", "receive"],
    ["addMembership", "dropMembership", "close", "ref", "unref", "begin", "check", "placeFor"],
  );
  expect(stray).toEqual({ missing: sets.sort(), unknown: [] });
  const server = Object.getPrototypeOf(StreamServer.prototype) as object;
  const inside = ["close", "others", "takeAll", "start"];
  expect(strayNames(server, ["join", "stop"], inside)).toEqual({ missing: [], unknown: [] });
});

describeBlockingCalls(CALLS, { describe, it });

describe("what is refused", () => {
  it("sends nothing, and connects nowhere", async () => {
    const before = came;
    for (const call of [
      () => request(url),
      () => requestMessage(url),
      () => fetch(url),
      () => connect({ port: Number(new URL(url).port), host }),
    ]) {
      expect(thrownBy(call)).toBeInstanceOf(Error);
    }
    await turns(10);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(came).toBe(before);
  });

  it("writes nothing on the hub", () => {
    const stream = new Writable({ write: silence });
    const writer = new StreamWriter(stream, "stream");
    for (const call of [() => writer.write("x"), () => writer.end()]) {
      expect(String(thrownBy(call))).toContain("cannot block here");
    }
    expect([stream.writableLength, stream.writableEnded]).toEqual([0, false]);
  });

  it(
    "is a time or a limit that is none, also where all is there already",
    green(() => {
      const stream = new PassThrough();
      const reader = new StreamReader(stream, "stream");
      stream.write("one\ntwo\n");
      expect(() => reader.read(1, { timeout: -1 })).toThrow("timeout must be a number");
      expect(() => reader.readLine({ limit: -1 })).toThrow("limit must be a number of bytes");
      expect(reader.readLine()).toBe("one");
    }),
  );

  it(
    "is a signal of fetch that is none",
    green(() => {
      expect(() => fetch(url, { signal: {} as AbortSignal })).toThrow("signal must be an Abort");
    }),
  );
});

it.runIf(overStreams)(
  "a listener whose name is found after its greenlet was killed does not listen",
  green(() => {
    let found: (error: null, address: string, family: number) => void = silence;
    const { lookup } = dns;
    dns.lookup = ((...args: unknown[]) => {
      found = args.at(-1) as typeof found;
    }) as unknown as typeof dns.lookup;
    let listening = 0;
    const { listen: nodeListen } = nodeNet.Server.prototype;
    const servers: nodeNet.Server[] = [];
    nodeNet.Server.prototype.listen = function (this: nodeNet.Server, ...args: never[]) {
      servers.push(this);
      return Reflect.apply(nodeListen, this, args);
    } as typeof nodeListen;
    try {
      const greenlet = spawn(() => listen({ port: 0, host: "nowhere.invalid" }));
      sleep(0);
      greenlet.kill();
      servers[0]?.on("listening", () => (listening += 1));
      found(null, host, 4);
      sleep(20);
      expect([listening, servers[0]?.listening]).toEqual([1, false]);
    } finally {
      dns.lookup = lookup;
      nodeNet.Server.prototype.listen = nodeListen;
    }
  }),
);

it(
  "a body that is read in one has one time, and loses nothing when that is over",
  green(() => {
    const stream = new PassThrough();
    const message = new BlockingMessage(stream as never);
    const sender = spawn(() => {
      for (let i = 0; i < 6; i++) {
        stream.write("x");
        sleep(20);
      }
      stream.end();
    });
    expect(() => message.bytesSync({ timeout: 50 })).toThrow(Timeout);
    expect(message.textSync()).toBe("xxxxxx");
    sender.join();
  }),
);

it.each([
  ["read", (r: StreamReader) => r.read(1)],
  ["readLine", (r: StreamReader) => r.readLine()],
] as const)("a greenlet that never has to wait lets others run: %s", (_, read) =>
  green(() => {
    const stream = new PassThrough();
    const reader = new StreamReader(stream, "stream");
    stream.write("\n".repeat(10_000));
    let other = false;
    spawn(() => (other = true));
    const end = performance.now() + 5000;
    while (!other && performance.now() < end) {
      read(reader);
      if (stream.readableLength < 100) stream.write("\n".repeat(10_000));
    }
    expect(other).toBe(true);
  })(),
);
