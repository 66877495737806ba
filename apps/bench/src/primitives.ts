// What do the primitives cost, when greenlets hand over to each other?
import { dots } from "./plot.js";
import type { Row } from "./answer.js";
import type { Question } from "./question.js";
import { program } from "./runtimes.js";

const ROWS: Row[] = [
  {
    key: "queue1",
    label: "Queue of 1",
    meaning:
      "A producer puts, a consumer gets, and the queue holds one item; per item (a channel with room for one in Go).",
  },
  {
    key: "queue",
    label: "Queue, unbounded",
    meaning:
      "The same with a queue without a limit, so that the producer never waits (a channel with room for all in Go, which has no unbounded one).",
  },
  {
    key: "semaphore",
    label: "Semaphore",
    meaning:
      "Ten greenlets want the one permit; who has it yields, then gives it back; per permit (a channel with room for one in Go).",
  },
  {
    key: "event",
    label: "Event",
    meaning:
      "Two greenlets set each other's event and wait for their own; per set and wait (channels with room for one in Go).",
  },
  {
    key: "channel",
    label: "Channel",
    meaning: "One sends, one receives, and each waits for the other; per item.",
  },
  {
    key: "select",
    label: "select",
    meaning: "One sends through two such channels in turn, one receives by select; per item.",
  },
  {
    key: "poolMap",
    label: "Pool.map",
    meaning:
      "10,000 functions that yield once, 100 at a time, and their results in order; per function (goroutines, places in a channel and a WaitGroup in Go).",
  },
];

export const primitives: Question = {
  name: "primitives",
  asks: "What do the primitives cost?",
  budget: 60,
  tables: () => [{ title: "Primitives", unit: "ns", rows: ROWS }],
  contenders({ nodes, peers, scale }) {
    const keys = ROWS.map(({ key }) => key);
    const { gevent, goroutine } = peers;
    const size = ["primitives", String(scale)];
    const missing = gevent.missing ?? "gevent waits for one queue or channel at a time";
    return [
      ...nodes.map((node) => ({ ...node, keys, command: program(node, "primitives", scale) })),
      {
        ...gevent,
        keys: keys.filter((key) => key !== "select"),
        command: [...gevent.command, ...size],
      },
      { ...gevent, keys: ["select"], command: [], missing },
      { ...goroutine, keys, command: [...goroutine.command, ...size] },
    ];
  },
  plots: (answer) => [dots("primitives", "Primitives (nanoseconds)", answer, 0)],
};
