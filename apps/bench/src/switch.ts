// What does a switch cost?
import { dots } from "./plot.js";
import type { Row } from "./answer.js";
import type { Question } from "./question.js";
import { program } from "./runtimes.js";

const ROWS: Row[] = [
  {
    key: "shallow",
    label: "one-way switch",
    meaning: "From the main stack to a coroutine and back, halved; both are one call deep.",
  },
  {
    key: "deep50",
    label: "50 frames deep",
    meaning: "The same with 50 calls on both stacks (a generator delegates 50 times).",
  },
  { key: "deep200", label: "200 frames deep", meaning: "The same with 200 calls on both stacks." },
  {
    key: "ring10",
    label: "round robin, 10",
    meaning: "The main stack switches to each of 10 coroutines in turn, and each switches back.",
  },
  {
    key: "ring1000",
    label: "round robin, 1,000",
    meaning: "The same with 1,000: their stacks together no longer fit the nearest caches.",
  },
  {
    key: "ring10000",
    label: "round robin, 10,000",
    meaning: "The same with 10,000: most switches wait for memory.",
  },
  {
    key: "create",
    label: "create and finish",
    meaning: "A coroutine is made, runs an empty function, and ends; nobody manages it.",
  },
];

export const switching: Question = {
  name: "switch",
  asks: "What does a switch cost?",
  budget: 80,
  tables: () => [{ title: "Raw switches", unit: "ns", rows: ROWS }],
  contenders({ nodes, peers, scale }) {
    const keys = ROWS.map(({ key }) => key);
    const { greenlet, fiber, goroutine, generator, promise } = peers;
    return [
      ...nodes.map((node) => ({ ...node, keys, command: program(node, "switch", scale) })),
      ...[greenlet, fiber, goroutine, generator, promise].map((peer) => ({
        ...peer,
        keys,
        command: [...peer.command, "switch", String(scale)],
      })),
    ];
  },
  plots: (answer) => [dots("switch", "One-way switch, and a short life (nanoseconds)", answer, 0)],
};
