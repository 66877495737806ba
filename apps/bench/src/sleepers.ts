// How long do very many short sleeps take, and what does a sleeping greenlet hold?
import { dots } from "./plot.js";
import type { Contender, Question, Setup } from "./question.js";
import { program } from "./runtimes.js";

const count = ({ scale }: Setup): number => Math.ceil(100_000 * scale);

export const sleepers: Question = {
  name: "sleepers",
  asks: "How long do very many short sleeps take?",
  budget: 120,
  tables(setup) {
    const n = count(setup).toLocaleString("en");
    return [
      {
        title: "Sleepers",
        unit: "ms",
        rows: [
          {
            key: "sleepers",
            label: `${n} that sleep 1 to 50 ms`,
            meaning: `${n} greenlets are spawned, each sleeps 1 to 50 ms, the same numbers in every language, and all are joined; from the first spawn to the last join (setTimeout in JavaScript). The median of four times, after one to warm up.`,
          },
          {
            key: "first",
            label: "the first time in the process",
            meaning:
              "The time to warm up: code is still interpreted and compiled, and every stack is new.",
          },
          {
            key: "work",
            label: "processor time, warm",
            meaning: "What of the first row is work, and not waiting.",
          },
        ],
      },
      {
        title: "Resident memory of a sleeping greenlet",
        unit: "KB each",
        rows: [
          {
            key: "asleep",
            label: `${n} asleep`,
            meaning: `${n} greenlets sleep for an hour; what the process grew by is divided by their number.`,
          },
        ],
      },
    ];
  },
  contenders(setup) {
    const { nodes, peers } = setup;
    const n = count(setup);
    return [
      ...nodes.flatMap((node): Contender[] => [
        { ...node, keys: ["sleepers", "first", "work"], command: program(node, "sleepers", n) },
        { ...node, keys: ["asleep"], command: program(node, "sleepers", n, "memory") },
      ]),
      ...[peers.gevent, peers.goroutine, peers.promise].flatMap((peer) =>
        [["sleepers", "first", "work"], ["asleep"]].map((keys) => ({
          ...peer,
          keys,
          command: [...peer.command, keys[0] as string, String(n)],
        })),
      ),
    ];
  },
  plots: (answer) => [
    dots("sleepers", "Very many short sleeps (milliseconds)", answer, 0),
    dots("asleep", "Resident memory of a sleeping greenlet (KB each)", answer, 1),
  ],
};
