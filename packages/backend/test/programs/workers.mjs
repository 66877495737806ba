// Each thread has backends of its own; what they have open is closed when the thread ends, also
// when it is terminated in the middle of its waits.
import { readdirSync, readlinkSync } from "node:fs";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { run, spawn } from "@greenlit/core";
import { availableBackends, createBackend, openBackend, system } from "@greenlit/backend";
import { check, pass, same, scaled, unless } from "@greenlit/testing/program";

const calls = system();
const PAIRS = 20;

function sockets() {
  return readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith("socket:");
    } catch {
      return false;
    }
  }).length;
}

/** Bytes go round through many pairs, each end in a greenlet. */
function work(backend) {
  let sum = 0;
  const greenlets = [];
  for (let i = 0; i < PAIRS; i++) {
    const [one, other] = calls.socketPair(1).map((fd) => backend.register(fd));
    greenlets.push(
      spawn(() => {
        for (let n = 0; n < 10; n++) other.send(other.receive(10, "receive"), "send");
        other.close();
      }),
      spawn(() => {
        for (let n = 0; n < 10; n++) {
          one.send(Buffer.from([n]), "send");
          const [back] = one.receive(10, "receive");
          sum += back;
        }
        one.close();
      }),
    );
  }
  for (const greenlet of greenlets) greenlet.get();
  return sum;
}

if (isMainThread) {
  const before = sockets();
  const drivers = availableBackends().filter(({ name, reason }) =>
    unless(reason ?? false, `the backend ${name}`),
  );
  let checks = 0;
  for (const { name } of drivers) {
    for (const ending of ["natural", "exit", "terminated"]) {
      const workers = Array.from({ length: scaled(4) }, () => {
        const worker = new Worker(new URL(import.meta.url), { workerData: { name, ending } });
        return new Promise((resolve, reject) => {
          worker.on("error", reject);
          worker.on("message", (sum) => {
            same(sum, 45 * PAIRS, `${name}: ${ending}: its work`);
            checks++;
            if (ending === "terminated") worker.terminate();
          });
          worker.on("exit", resolve);
        });
      });
      const own = await run(() => {
        const backend = createBackend(name);
        const sum = work(backend);
        backend.close();
        return sum;
      });
      same(own, 45 * PAIRS, `${name}: the main thread's work`);
      for (const code of await Promise.all(workers)) {
        same(code, { natural: 0, exit: 3, terminated: 1 }[ending], `${name}: ${ending}`);
      }
      same(sockets(), before, `${name}: ${ending}: descriptors left open`);
      checks += 2;
    }
  }
  check(checks > 0, "something was checked");
  pass(6 * drivers.length);
} else {
  await run(() => {
    const { name, ending } = workerData;
    check(openBackend() === openBackend(), "one for each thread");
    const backend = createBackend(name);
    const sum = work(backend);
    if (ending !== "natural") {
      for (let i = 0; i < PAIRS; i++) {
        const [one, other] = calls.socketPair(1).map((fd) => backend.register(fd));
        spawn(() => one.receive(10, "receive"));
        spawn(() => other.receive(10, "receive"));
      }
    }
    spawn(() => {
      parentPort.postMessage(sum);
      if (ending === "exit") process.exit(3);
    });
  });
}
