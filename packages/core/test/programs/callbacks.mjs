// Blocking in each kind of callback that Node makes from native code: either it works, or it is
// refused with one of two clear errors; a greenlet that is started there can block as always and
// has the callback's store, and no other work starves.
import { Event, getCurrent, getHub, run, sleep, spawn, Waiter } from "@greenlit/core";
import { AsyncLocalStorage, createHook, executionAsyncId } from "node:async_hooks";
import { execFileSync } from "node:child_process";
import { createHash, generateKeyPair, pbkdf2, randomBytes, scrypt } from "node:crypto";
import { lookup, Resolver } from "node:dns";
import { Session } from "node:inspector";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import fs from "node:fs";
import { connect as connectNet, createServer as createNetServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PerformanceObserver, performance } from "node:perf_hooks";
import { Duplex, Readable, Writable } from "node:stream";
import { connect, createSecureContext, createServer, TLSSocket } from "node:tls";
import { MessageChannel } from "node:worker_threads";
import { deflate, createGzip, gunzipSync } from "node:zlib";
import { check, pass, same, scaled } from "@greenlit/testing/program";

const REFUSALS = ["ERR_GREENLIT_BLOCKING_SWITCH_OUT", "ERR_GREENLIT_NESTED_ASYNC_SCOPE"];
const storage = new AsyncLocalStorage();
const outcomes = new Map();

/** What is called in a callback. */
function tryHere(name) {
  const id = executionAsyncId();
  const store = storage.getStore();
  const greenlet = getCurrent();
  let outcome = "worked";
  try {
    sleep(1);
  } catch (error) {
    check(REFUSALS.includes(error.code), `${name}: ${error.stack}`);
    outcome = error.code;
  }
  const where = greenlet === null ? "hub" : "greenlet";
  check(getCurrent() === greenlet, `${name}: still on the ${where}`);
  check(executionAsyncId() === id, `${name}: the same id`);
  check(storage.getStore() === store, `${name}: the same store`);
  if (greenlet === null) check(outcome === REFUSALS[0], `${name}: refused on the hub`);
  outcomes.set(`${name}, ${where}`, outcome);
  return run(() => {
    check(storage.getStore() === store, `${name}: the store of a greenlet started there`);
    sleep(1);
    check(storage.getStore() === store, `${name}: and after it blocked`);
    return name;
  });
}

/** A blocking call made of a callback, in which blocking is tried. */
function within(name, start) {
  const waiter = new Waiter(name);
  let started = null;
  start((error) => {
    if (error) return waiter.throw(error);
    started ??= tryHere(name);
    waiter.wake();
  });
  waiter.wait({ timeout: 20_000 });
  same(started === null, false, `${name} was called`);
}

const folder = mkdtempSync(join(tmpdir(), "greenlit-callbacks-"));
const [key, cert] = ["key.pem", "cert.pem"].map((file) => join(folder, file));
execFileSync(
  "openssl",
  [
    ..."req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost".split(" "),
    ...["-keyout", key, "-out", cert],
  ],
  { stdio: "ignore" },
);
const identity = { key: readFileSync(key), cert: readFileSync(cert) };
const client = { rejectUnauthorized: false, servername: "localhost" };

function pair() {
  const make = () =>
    new Duplex({
      read() {},
      write(chunk, _encoding, done) {
        this.other.push(chunk);
        done();
      },
      final(done) {
        this.other.push(null);
        done();
      },
    });
  const [a, b] = [make(), make()];
  a.other = b;
  b.other = a;
  return [a, b];
}

const KINDS = {
  setTimeout: (done) => setTimeout(done, 1),
  setInterval(done) {
    const timer = setInterval(() => {
      clearInterval(timer);
      done();
    }, 1);
  },
  setImmediate: (done) => setImmediate(done),
  nextTick: (done) => process.nextTick(done),
  queueMicrotask: (done) => queueMicrotask(done),
  "promise callback": (done) => void Promise.resolve().then(() => done()),
  "fs.stat": (done) => fs.stat(folder, done),
  "fs.readFile": (done) => fs.readFile(key, done),
  "fs stream": (done) =>
    fs
      .createReadStream(key)
      .once("data", () => done())
      .resume(),
  "fs.watch"(done) {
    const file = join(folder, `watched-${Math.random()}`);
    const watcher = fs.watch(folder, () => {
      watcher.close();
      done();
    });
    fs.writeFileSync(file, "x");
  },
  "dns.lookup": (done) => lookup("localhost", (error) => done(error)),
  "dns.Resolver"(done) {
    // Nobody answers there: the error comes through the same callback.
    const resolver = new Resolver({ timeout: 50, tries: 1 });
    resolver.setServers(["127.0.0.1:9"]);
    resolver.resolve4("localhost", () => done());
  },
  "crypto.randomBytes": (done) => randomBytes(16, done),
  "crypto.pbkdf2": (done) => pbkdf2("a", "b", 10, 16, "sha256", done),
  "crypto.scrypt": (done) => scrypt("a", "b", 16, done),
  "crypto.generateKeyPair": (done) => generateKeyPair("ec", { namedCurve: "P-256" }, done),
  "hash stream"(done) {
    const hash = createHash("sha256");
    hash.once("readable", () => done());
    hash.end("x");
  },
  "zlib.deflate": (done) => deflate("text", done),
  "zlib stream"(done) {
    const gzip = createGzip();
    gzip.once("data", (data) => {
      check(data.length > 0, "gzip");
      done();
    });
    gzip.end("text");
  },
  "MessagePort onmessage"(done) {
    const { port1, port2 } = new MessageChannel();
    port2.on("message", () => {
      port2.close();
      done();
    });
    port1.postMessage("x");
  },
  "net connection"(done) {
    const server = createNetServer((socket) => {
      socket.end();
      server.close();
    }).listen(0, "127.0.0.1", () => {
      const socket = connectNet(server.address().port, "127.0.0.1", () => done()).resume();
      socket.on("error", done);
    });
  },
  "net lookup option"(done) {
    const server = createNetServer((socket) => {
      socket.end();
      server.close();
    }).listen(0, "127.0.0.1", () => {
      const lookup = (_host, { all }, callback) => {
        done();
        const [address, family] = ["127.0.0.1", 4];
        if (all) callback(null, [{ address, family }]);
        else callback(null, address, family);
      };
      connectNet({ port: server.address().port, host: "somewhere", lookup }).resume();
    });
  },
  "tls SNI callback"(done) {
    const SNICallback = (_name, callback) => {
      done();
      // A greenlet answers it.
      run(() => {
        sleep(2);
        return createSecureContext(identity);
      }).then((context) => callback(null, context), callback);
    };
    const server = createServer({ ...identity, SNICallback }, (socket) => {
      socket.end("bye");
      server.close();
    }).listen(0, "127.0.0.1", () => {
      connect({ port: server.address().port, host: "127.0.0.1", ...client }).resume();
    });
  },
  "tls data"(done) {
    const server = createServer(identity, (socket) => {
      socket.on("data", () => {
        done();
        socket.end();
      });
      server.close();
    }).listen(0, "127.0.0.1", () => {
      const socket = connect({ port: server.address().port, host: "127.0.0.1", ...client }, () =>
        socket.write("x"),
      ).resume();
    });
  },
  "tls over a stream"(done) {
    const [near, far] = pair();
    const server = new TLSSocket(far, { isServer: true, ...identity });
    server.on("data", () => {
      done();
      server.end();
    });
    const socket = connect({ socket: near, ...client }, () => socket.write("x")).resume();
  },
  "inspector answer"(done) {
    const session = new Session();
    session.connect();
    session.post("Runtime.evaluate", { expression: "1" }, () => done());
    session.disconnect();
  },
  "stream write": (done) =>
    new Writable({
      write(_chunk, _encoding, callback) {
        done();
        callback();
      },
    }).write("x"),
  "stream read": (done) =>
    Readable.from(["x"])
      .once("data", () => done())
      .resume(),
  EventTarget(done) {
    const target = new EventTarget();
    target.addEventListener("x", () => done());
    target.dispatchEvent(new Event_("x"));
  },
  PerformanceObserver(done) {
    const observer = new PerformanceObserver(() => {
      observer.disconnect();
      done();
    });
    observer.observe({ entryTypes: ["mark"] });
    performance.mark("x");
  },
  FinalizationRegistry(done) {
    const registry = new FinalizationRegistry(() => {
      clearInterval(timer);
      done();
    });
    (() => registry.register({}, 1))();
    const timer = setInterval(() => gc(), 5);
  },
};
const Event_ = globalThis.Event;

// A WeakRef that a greenlet has read in this turn keeps its target; not for ever, though the
// greenlet is parked.
async function weakRefs() {
  const release = new Event();
  let ref;
  const g = spawn(() => {
    (() => {
      ref = new WeakRef({ big: Array.from({ length: 1000 }, () => 1) });
      ref.deref();
    })();
    release.wait();
    return ref.deref();
  });
  for (let i = 0; i < 50 && (i < 3 || ref.deref() !== undefined); i++) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    gc();
  }
  release.set();
  same(await g, undefined, "the target of a WeakRef is collected while its reader is parked");
}

/**
 * TLS over a stream: what a greenlet writes is deciphered, and handed to the reader, on its own
 * stack.
 */
function encrypted() {
  const [near, far] = pair();
  const server = new TLSSocket(far, { isServer: true, ...identity });
  const ready = new Waiter("handshake");
  const socket = connect({ socket: near, ...client }, () => ready.wake());
  ready.wait();
  let seen = "";
  server.on("data", (data) => {
    seen += data;
    void tryHere("tls data at once");
  });
  for (let i = 0; i < 5; i++) {
    sleep(1);
    socket.write(`${i}`);
  }
  for (let i = 0; i < 50 && seen !== "01234"; i++) sleep(1);
  same(seen, "01234", "all came");
  socket.destroy();
  server.destroy();
}

let promises = 0;
let alive = true;
const chain = (async () => {
  while (alive) {
    await new Promise((resolve) => setImmediate(resolve));
    promises++;
  }
})();

for (const hooks of [false, true]) {
  const hook = hooks
    ? createHook({ init() {}, before() {}, after() {}, destroy() {}, promiseResolve() {} }).enable()
    : null;
  for (const [name, start] of Object.entries(KINDS)) {
    for (let round = 0; round < scaled(2); round++) {
      // The callback's own kind of start, on the hub ...
      await new Promise((resolve, reject) =>
        storage.run(`${name} on the hub`, () =>
          start((error) => (error ? reject(error) : void tryHere(name).then(resolve, reject))),
        ),
      ).catch((error) => {
        throw new Error(`${name} on the hub`, { cause: error });
      });
      // ... and in a greenlet, where some of them call back at once.
      const before = promises;
      await run(() => storage.run(`${name} in a greenlet`, () => within(name, start)));
      await new Promise((resolve) => setTimeout(resolve, 3));
      check(promises > before, `promises go on after ${name}`);
    }
  }
  const before = promises;
  await run(() => storage.run("encrypted", encrypted));
  check(promises > before, "promises go on after all of that");
  // Node is in the middle of its own work there, also when hooks make its scopes look like others.
  same(outcomes.get("tls data at once, greenlet"), REFUSALS[1], `tls, hooks: ${hooks}`);
  hook?.disable();
}
await weakRefs();
same(
  String(
    gunzipSync(
      await run(() => {
        const waiter = new Waiter("gzip");
        const chunks = [];
        const gzip = createGzip()
          .on("data", (chunk) => chunks.push(chunk))
          .on("end", () => waiter.wake());
        for (let i = 0; i < 100; i++) {
          gzip.write(`${i},`);
          sleep(0);
        }
        gzip.end();
        waiter.wait();
        return Buffer.concat(chunks);
      }),
    ),
  ),
  Array.from({ length: 100 }, (_, i) => `${i},`).join(""),
  "a stream that a greenlet feeds",
);

alive = false;
await chain;
rmSync(folder, { recursive: true });
for (let i = 0; i < 5; i++) await new Promise((resolve) => setTimeout(resolve, 5));
same(
  getHub()
    .greenlets()
    .map((g) => g.name),
  [],
  "nothing is left",
);
for (const kind of ["inspector answer", "stream write", "EventTarget"]) {
  same(outcomes.get(`${kind}, greenlet`), "worked", `${kind}, called at once, may block`);
}
if (process.env.VERBOSE) console.error(outcomes);
pass(Object.keys(KINDS).length * 20);
