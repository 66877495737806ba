// What does a managed greenlet cost, from spawn to join?
import { dots } from "./plot.js";
import type { Row } from "./answer.js";
import type { Question } from "./question.js";
import { program } from "./runtimes.js";

const ROWS: Row[] = [
  {
    key: "spawnJoin",
    label: "spawn + join",
    meaning: "One greenlet with an empty function is spawned and joined, then the next.",
  },
  {
    key: "joinAll",
    label: "spawn + joinAll of 100,000, each",
    meaning: "100,000 greenlets with an empty function are spawned, then all joined.",
  },
  {
    key: "sleep0",
    label: "sleep(0)",
    meaning: "Ten greenlets yield to each other in turn (Gosched in Go, await null in JavaScript).",
  },
];

export const spawning: Question = {
  name: "spawn",
  asks: "What does a managed greenlet cost, from spawn to join?",
  budget: 60,
  tables: () => [{ title: "Managed greenlets", unit: "ns", rows: ROWS }],
  contenders({ nodes, peers, scale }) {
    const keys = ROWS.map(({ key }) => key);
    return [
      ...nodes.map((node) => ({ ...node, keys, command: program(node, "spawn", scale) })),
      ...[peers.gevent, peers.goroutine, peers.promise].map((peer) => ({
        ...peer,
        keys,
        command: [...peer.command, "spawn", String(scale)],
      })),
    ];
  },
  plots: (answer) => [dots("spawn", "Spawn, join and yield (nanoseconds)", answer, 0)],
};
