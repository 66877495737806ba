// `ready N`: N pairs of sockets, on whose one end a greenlet waits; another pair on which two
// greenlets send a byte to and fro, so that in each turn of the loop one descriptor becomes ready.
// Prints microseconds of processor time for each such wait.
import { run, sleep, spawn } from "greenlit";
import { type Socket, socketPair } from "greenlit/net";
import { median } from "./time.js";

const idle = Number(process.argv[2]);
const ROUNDS = 100;
const BYTE = Buffer.alloc(1);

function answer(socket: Socket): void {
  for (const data of socket) socket.write(data);
}

await run(() => {
  const silents: Socket[] = [];
  for (let i = 0; i < idle; i++) {
    const [waits, silent] = socketPair();
    silents.push(silent);
    spawn(() => waits.read());
  }
  const [ours, theirs] = socketPair();
  spawn(answer, theirs);
  sleep(0);

  const times = Array.from({ length: 5 }, () => {
    const used = process.cpuUsage();
    for (let i = 0; i < ROUNDS; i++) {
      ours.write(BYTE);
      ours.read();
    }
    const { user, system } = process.cpuUsage(used);
    return (user + system) / (2 * ROUNDS);
  });
  console.log(JSON.stringify({ [`ready${silents.length}`]: median(times.slice(1)) }));
  process.exit();
});
