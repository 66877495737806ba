// How many requests a second does an HTTP server answer?
import { dots } from "./plot.js";
import type { Contender, Question } from "./question.js";
import { program } from "./runtimes.js";
import { contend, type Load, rows, type Server } from "./servers.js";

const LOADS: readonly Load[] = [
  { name: "Http13", mode: "http", bytes: 13, connections: 64, label: "13 B" },
  { name: "Http10240", mode: "http", bytes: 10_240, connections: 64, label: "10 KB" },
];

export const serving: Question = {
  name: "http",
  asks: "How many requests a second does an HTTP server answer?",
  budget: 120,
  tables: () => [
    {
      title: "Requests",
      unit: "a second",
      rows: rows(
        LOADS,
        "rate",
        ({ bytes }) =>
          `wrk asks over 64 connections for a body of ${bytes.toLocaleString("en")} bytes; the server and wrk share one core.`,
      ),
    },
    {
      title: "Processor time of the HTTP server",
      unit: "us of its own for each request",
      rows: rows(
        LOADS,
        "user",
        () => "What the server's program spends, without the kernel's part.",
      ),
    },
  ],
  contenders(setup) {
    const { nodes, peers } = setup;
    return LOADS.flatMap((load) => {
      const bytes = String(load.bytes);
      const ours = nodes.flatMap((node, i): Server[] => [
        { ...node, command: program(node, "serve", "http", bytes) },
        ...(i === 0
          ? [
              {
                ...node,
                who: `${node.who}, green(handler)`,
                command: program(node, "serve", "green", bytes),
              },
            ]
          : []),
      ]);
      const theirs = [peers.nodeNet, { ...peers.geventNet, who: "gevent pywsgi" }, peers.goNet].map(
        (peer): Server => ({ ...peer, command: [...peer.command, "http", bytes] }),
      );
      return [...ours, ...theirs].map((server): Contender => contend(setup, load, server));
    });
  },
  plots: (answer) => [dots("http", "Requests a second", answer, 0)],
};
