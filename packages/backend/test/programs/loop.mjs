// How each driver lives with Node's loop, in processes of their own: when they end, what goes on
// while greenlets wait, and which system calls they really make.
import { spawn as spawnChild, spawnSync } from "node:child_process";
import { createServer, get } from "node:http";
import { Worker } from "node:worker_threads";
import { getHub, run, sleep, spawn, wait } from "@greenlit/core";
import { availableBackends, createBackend, system } from "@greenlit/backend";
import { check, child, matches, pass, same, unless } from "@greenlit/testing/program";

const calls = system();
const [role, name] = process.argv.slice(2);

/** Both ends of a pair of sockets, registered. */
function pair(backend) {
  return calls.socketPair(1).map((fd) => backend.register(fd));
}

/** What children do; each prints what it has to say. */
const ROLES = {
  // Nothing waits: the thread ends, whatever is registered.
  ends(backend) {
    const [one, other] = pair(backend);
    other.send(Buffer.from("x"), "send");
    console.log(String(one.receive(10, "receive")));
    try {
      one.receive(10, "receive", { timeout: 1 });
    } catch (error) {
      console.log(error.code);
    }
  },
  // The only thing that keeps it alive is a wait.
  stays(backend) {
    const input = backend.register(0);
    console.log("waits");
    console.log(String(input.receive(100, "receive")));
  },
  unref(backend) {
    const [one, other] = pair(backend);
    const waits = (descriptor) => {
      const greenlet = spawn(() => descriptor.receive(10, "receive"));
      greenlet.daemon = true;
      sleep(5);
    };
    one.unref();
    waits(one);
    waits(other);
    // Also in the middle of a wait, and there and back.
    other.unref();
    other.ref();
    other.unref();
    same(backend.stats().waiting, 0, "waits that count");
    console.log("ends");
  },
  // A greenlet that waits for a descriptor is no deadlock; one that nothing can wake is.
  deadlock(backend) {
    const [one] = pair(backend);
    one.unref();
    one.receive(10, "receive");
  },
  goesOn(backend) {
    const [one, other] = pair(backend);
    let got = null;
    spawn(() => {
      got = one.receive(10, "receive");
    });
    let ticks = 0;
    const interval = setInterval(() => ticks++, 10);
    while (ticks < 3) sleep(1);
    clearInterval(interval);

    const text = wait(
      new Promise((resolve, reject) => {
        const server = createServer((_request, response) =>
          setTimeout(() => response.end("page"), 5),
        );
        server.listen(0, () => {
          get({ port: server.address().port, agent: false }, (response) => {
            let body = "";
            response.on("data", (data) => (body += data));
            response.on("end", () => server.close(() => resolve(body)));
          }).on("error", reject);
        });
      }),
    );
    same(text, "page", "an http server goes on");

    const worker = new Worker(
      `const { parentPort } = require("node:worker_threads");
       parentPort.on("message", (n) => n === 0 ? parentPort.close() : parentPort.postMessage(n));`,
      { eval: true },
    );
    for (const n of [3, 2, 1]) {
      const answer = new Promise((resolve) => worker.once("message", resolve));
      worker.postMessage(n);
      same(wait(answer), n, "a worker's messages come");
    }
    const over = new Promise((resolve) => worker.once("exit", resolve));
    worker.postMessage(0);
    same(wait(over), 0, "a worker's end is seen");

    const exit = new Promise((resolve) =>
      spawnChild(process.execPath, ["-e", "process.exit(7)"]).on("exit", resolve),
    );
    same(wait(exit), 7, "a child's end is seen");

    const signal = new Promise((resolve) => process.once("SIGUSR2", resolve));
    process.kill(process.pid, "SIGUSR2");
    same(wait(signal), "SIGUSR2", "signals come");

    const hashed = new Promise((resolve) =>
      import("node:crypto").then(({ scrypt }) =>
        scrypt("a", "b", 8, (_, key) => resolve(key.length)),
      ),
    );
    same(wait(hashed), 8, "the thread pool's work comes");

    // What is thrown in the turn that a backend gives is uncaught, as in any callback; all goes on.
    const [third, fourth] = pair(backend);
    const thrower = spawn(() => {
      third.receive(10, "receive");
      getHub().schedule(() => {
        throw new Error("in a turn");
      });
    });
    const thrown = new Promise((resolve) => process.once("uncaughtException", resolve));
    sleep(1);
    fourth.send(Buffer.from("x"), "send");
    same(wait(thrown).message, "in a turn", "what is thrown in a turn");
    thrower.join();
    third.close();
    fourth.close();

    same(got, null, "and the greenlet still waits");
    other.send(Buffer.from("x"), "send");
    while (got === null) sleep(1);
    same(String(got), "x", "until it need not");
    one.close();
    other.close();
    console.log("went on");
  },
};

if (role !== undefined) {
  await run(() => ROLES[role](createBackend(name)));
} else {
  const drivers = availableBackends().filter(({ name, reason }) => {
    return unless(reason ?? false, `the backend ${name}`);
  });
  for (const { name } of drivers) {
    const one = (role, options) => child(import.meta.url, [role, name], options);
    const ends = await one("ends");
    same(
      [ends.ended, ends.output],
      [0, "x\nERR_GREENLIT_TIMEOUT\n"],
      `${name} ends: ${ends.errors}`,
    );

    const stays = spawnChild(
      process.execPath,
      [...process.execArgv, process.argv[1], "stays", name],
      {
        stdio: ["pipe", "pipe", "inherit"],
      },
    );
    let output = "";
    let early = false;
    stays.stdout.on("data", (data) => (output += data));
    const exit = new Promise((resolve) => stays.on("close", resolve));
    exit.then(() => (early ||= !output.includes("news")));
    while (!output.includes("waits") && !early) await new Promise((done) => setTimeout(done, 5));
    await new Promise((done) => setTimeout(done, 100));
    check(!early, `${name} stays while something waits`);
    stays.stdin.end("news");
    same([await exit, output], [0, "waits\nnews\n"], `${name} stays`);

    const unref = await one("unref");
    same([unref.ended, unref.output], [0, "ends\n"], `${name} unref: ${unref.errors}`);

    const deadlock = await one("deadlock");
    check(deadlock.ended !== 0, `${name} deadlock`);
    matches(deadlock.errors, /LoopExit.*deadlock/, `${name} deadlock`);

    const goesOn = await one("goesOn");
    same([goesOn.ended, goesOn.output], [0, "went on\n"], `${name} goes on: ${goesOn.errors}`);
  }
  pass(5 * drivers.length);
}
