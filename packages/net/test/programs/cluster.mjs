// Workers of a cluster listen on one port, as with Node's own servers; `exclusive` is each its own.
import cluster from "node:cluster";
import { once } from "node:events";
import { run, spawn, wait } from "@greenlit/core";
import { connect, listen } from "@greenlit/net";
import { pass, same } from "@greenlit/testing/program";

const host = "127.0.0.1";

if (cluster.isPrimary) {
  await run(() => {
    const workers = [cluster.fork(), cluster.fork()];
    const messages = workers.map((worker) => once(worker, "message"));
    const exits = workers.map((worker) => once(worker, "exit"));
    const ports = messages.map((message) => wait(message)[0]);
    same(ports[0].shared, ports[1].shared, "the shared port");
    same(ports[0].own === ports[1].own, false, "the ports of their own");
    const answers = [1, 2, 3, 4].map(() => {
      const socket = connect({ port: ports[0].shared, host });
      const answer = socket.readLine();
      socket.close();
      return answer;
    });
    same(new Set(answers).size, 2, "both answer");
    for (const worker of workers) worker.kill();
    for (const exit of exits) wait(exit);
  });
  pass(3);
} else {
  run(() => {
    const shared = listen({ port: 0, host });
    const own = listen({ port: 0, host, exclusive: true });
    spawn(() => {
      for (const socket of shared) socket.end(`worker ${process.pid}\n`);
    });
    process.send({ shared: shared.port, own: own.port });
  });
}
