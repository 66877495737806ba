// How fast do servers send back what they get?
import { dots } from "./plot.js";
import type { Contender, Question, Setup } from "./question.js";
import { CERTIFICATE, program } from "./runtimes.js";
import { BACKENDS, contend, type Load, rows, type Server } from "./servers.js";

const n = (count: number): string => count.toLocaleString("en");

const echo = (bytes: number, connections: number): Load => ({
  name: `Echo${bytes}x${connections}`,
  mode: "echo",
  bytes,
  connections,
  label: `${bytes < 1024 ? `${bytes} B` : `${bytes / 1024} KB`}, ${n(connections)} connections`,
});

/** Where all is to be quick: fewer loads, and not every backend. */
function loads({ scale }: Setup): Load[] {
  return [
    echo(64, 64),
    ...(scale >= 0.1 ? [echo(64, 1000)] : []),
    ...(scale >= 1 ? [echo(64, 10_000)] : []),
    ...(scale >= 1 ? [echo(16_384, 64), echo(16_384, 1000)] : []),
    {
      name: "Churn",
      mode: "churn",
      bytes: 64,
      connections: 64,
      label: "connect, 64 B, close; 64 at a time",
    },
    { name: "Udp", mode: "udp", bytes: 64, connections: 64, label: "UDP, 64 B, 64 sockets" },
    { name: "Tls", mode: "tls", bytes: 64, connections: 64, label: "TLS, 64 B, 64 connections" },
  ];
}

export const echoing: Question = {
  name: "echo",
  asks: "How fast do servers send back what they get?",
  budget: 400,
  tables: (setup) => [
    {
      title: "Round trips",
      unit: "a second",
      rows: rows(
        loads(setup),
        "rate",
        ({ bytes, connections, mode }) =>
          `Each of ${n(connections)} ${mode === "udp" ? "sockets" : "connections"} sends ${n(bytes)} bytes and waits until they are back${mode === "churn" ? ", closes, and connects anew" : ", again and again"}; the server and its load share one core.`,
      ),
    },
    {
      title: "Processor time of the server",
      unit: "us of its own for each round trip",
      rows: rows(
        loads(setup),
        "user",
        () => "What the server's program spends, without the kernel's part, which all need alike.",
      ),
    },
    {
      title: "The slowest hundredth",
      unit: "us",
      rows: rows(
        loads(setup),
        "p99",
        () => "99 of 100 round trips take at most so long; every connection always waits for one.",
      ),
    },
  ],
  contenders(setup) {
    const { nodes, peers, scale } = setup;
    const backends = scale >= 1 ? BACKENDS : BACKENDS.slice(0, 2);
    return loads(setup).flatMap((load) => {
      const what = { udp: ["udp"], tls: ["tls", ...CERTIFICATE] }[load.mode as string] ?? ["echo"];
      const ours = nodes.flatMap((node, i) =>
        (i === 0 ? backends : backends.slice(0, 1)).map((backend): Server => ({
          ...node,
          who: i === 0 && backend !== backends[0] ? `${node.who}, ${backend}` : node.who,
          command: program(node, "serve", ...what),
          env: { GREENLIT_BACKEND: backend },
        })),
      );
      const theirs = [peers.nodeNet, peers.geventNet, peers.goNet].map((peer): Server => ({
        ...peer,
        command: [...peer.command, ...what],
      }));
      return [...ours, ...theirs].map((server): Contender => contend(setup, load, server));
    });
  },
  plots: (answer) => [
    dots("echo", "Round trips a second", answer, 0),
    dots("echo-user", "Processor time of the server (us for each round trip)", answer, 1),
  ],
};
