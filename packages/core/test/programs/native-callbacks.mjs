// Node's native code calls JavaScript back in the middle of a call of its own (HTTP parser, TLS
// over a stream, zlib, crypto). When such a call is made in a greenlet, blocking in the callback
// works or is refused with ERR_GREENLIT_NESTED_ASYNC_SCOPE; either way nothing is corrupted and
// nobody starves.
import { Event, getCurrent, getHub, joinAll, run, sleep, spawn, wait } from "@greenlit/core";
import { AsyncLocalStorage, AsyncResource, createHook, executionAsyncId } from "node:async_hooks";
import { randomBytes, randomFillSync } from "node:crypto";
import { EventEmitter } from "node:events";
import { createServer, request as httpRequest } from "node:http";
import { Duplex, pipeline, Transform } from "node:stream";
import { createContext, Script } from "node:vm";
import { gunzipSync, gzipSync } from "node:zlib";
import { check, pass, same, scaled } from "@greenlit/testing/program";

const REFUSED = "ERR_GREENLIT_NESTED_ASYNC_SCOPE";
const storage = new AsyncLocalStorage();
const outcomes = { worked: 0, refused: 0 };

/** Blocks, and tells how that went; anything but the two answers is an error. */
function tryToBlock(block = () => sleep(1)) {
  const greenlet = getCurrent();
  const id = executionAsyncId();
  try {
    block();
    outcomes.worked++;
    check(executionAsyncId() === id, "in the same scope as before");
    return "worked";
  } catch (error) {
    // Streams pass some things on in a later tick: that is on the hub.
    if (greenlet === null) {
      same(error.code, "ERR_GREENLIT_BLOCKING_SWITCH_OUT", "on the hub");
      return "hub";
    }
    check(error.code === REFUSED, `${error.stack}`);
    outcomes.refused++;
    return "refused";
  } finally {
    check(getCurrent() === greenlet, "still in the same greenlet");
  }
}

/** Two streams, what is written to one is read from the other, at once. */
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

/** An HTTP exchange over a pair: the server's parser runs on the stack of whoever writes. */
function exchange(handler, text) {
  const server = createServer(handler);
  const [near, far] = pair();
  server.emit("connection", far);
  let answer = "";
  near.on("data", (data) => (answer += data));
  sleep(1); // the streams begin to flow; from now on what is written is read at once
  near.write(text);
  return () => answer;
}

// Beside everything, these must go on.
let ticks = 0;
let promises = 0;
const timer = setInterval(() => ticks++, 1);
let alive = true;
const chain = (async () => {
  while (alive) {
    await new Promise((resolve) => setImmediate(resolve));
    promises++;
  }
})();

// However slow the machine, a deadline here means that one of the two stands still.
async function progress(what) {
  const [t, p] = [ticks, promises];
  const deadline = Date.now() + 10_000;
  while (ticks === t || promises === p) {
    check(Date.now() < deadline, `timers and promises go on after ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  check(executionAsyncId() >= 0, "a sane id");
}

const ROUNDS = scaled(20);
for (const hooks of [false, true]) {
  const hook = hooks ? createHook({ init() {}, before() {}, after() {} }).enable() : null;

  for (let round = 0; round < ROUNDS; round++) {
    const seen = [];
    await run(() =>
      storage.run(round, () => {
        const answer = exchange((request, response) => {
          seen.push(tryToBlock());
          request.on("data", () => seen.push(tryToBlock()));
          request.on("end", () => {
            seen.push(tryToBlock());
            response.end(`round ${round}`);
          });
        }, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
        // Whatever came of it, this greenlet blocks as before.
        sleep(2);
        for (let i = 0; i < 50 && !answer().includes(`round ${round}`); i++) sleep(1);
        check(answer().startsWith("HTTP/1.1 200"), `the answer came: ${answer()} ${seen}`);
        same(storage.getStore(), round, "the store");
      }),
    );
    check(seen.length === 3, `all three callbacks came: ${seen}`);
  }
  await progress("the parser");

  // The same with several greenlets in it at once, and others that wait.
  const event = new Event();
  const bystander = spawn(() => event.wait());
  await run(() => {
    joinAll(
      Array.from({ length: 10 }, (_, i) =>
        spawn(() => {
          const answer = exchange((_request, response) => {
            tryToBlock();
            response.end(`greenlet ${i}`);
          }, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
          for (let n = 0; n < 50 && answer() === ""; n++) sleep(1);
          check(
            answer().endsWith(`greenlet ${i}`) || answer().includes(`greenlet ${i}`),
            `its own answer: ${answer()}`,
          );
        }),
      ),
    );
  });
  event.set();
  same(await bystander, true, "the bystander");
  await progress("ten parsers");

  // The client's parser.
  await run(() => {
    const [near, far] = pair();
    let blocked = null;
    const request = httpRequest({ createConnection: () => near, host: "x" }, (response) => {
      if (getCurrent() !== null) blocked = tryToBlock();
      response.resume();
    });
    request.end();
    sleep(2);
    far.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    sleep(2);
    check(blocked !== null || getCurrent() !== null, "the response came");
  });
  await progress("the client's parser");

  // Callbacks that native code makes, but in no scope of its own, and scopes of JavaScript: these
  // must work.
  await run(() => {
    const emitter = new EventEmitter();
    emitter.on("x", () => same(tryToBlock(), "worked", "an emitter"));
    emitter.emit("x");
    new AsyncResource("scope").runInAsyncScope(() => same(tryToBlock(), "worked", "a scope"));
    new AsyncResource("scope").runInAsyncScope(() =>
      new AsyncResource("scope").runInAsyncScope(() =>
        same(
          tryToBlock(() => wait(Promise.resolve())),
          "worked",
          "two scopes",
        ),
      ),
    );
    same(
      new Script("block()").runInContext(createContext({ block: () => tryToBlock() })),
      "worked",
      "another context",
    );
    [1].sort.call([2, 1], () => (same(tryToBlock(), "worked", "sort"), 0));
    "x".replace(/x/, () => tryToBlock());
    const transform = new Transform({
      transform(chunk, _e, done) {
        same(tryToBlock(), "worked", "a stream");
        done(null, chunk);
      },
    });
    transform.resume();
    transform.write("x");
    same(String(gunzipSync(gzipSync("text"))), "text", "zlib");
    check(randomFillSync(Buffer.alloc(8)).length === 8 && randomBytes(8).length === 8, "crypto");
    void pipeline;
  });
  await progress("scopes of JavaScript");

  // A greenlet that is killed where it was refused, and one that parks right after.
  await run(() => {
    const g = spawn(() => {
      exchange((_request, response) => {
        tryToBlock();
        response.end();
      }, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      sleep(10_000);
    });
    sleep(5);
    g.kill();
    check(g.successful, "killed");
  });
  await progress("a kill");
  hook?.disable();
}

alive = false;
clearInterval(timer);
await chain;
same(getHub().greenlets().length, 0, "nothing is left");
check(outcomes.worked > 0, "some worked");
pass(ROUNDS * 10);
if (process.env.VERBOSE) console.error(outcomes);
