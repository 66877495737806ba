// Does a waiter cost more when many others wait?
import { curves } from "./plot.js";
import type { Row } from "./answer.js";
import type { Question, Setup } from "./question.js";
import { program } from "./runtimes.js";

const KINDS = {
  timer: {
    label: "timers",
    meaning: "A Timeout is cancelled and another one started while N are pending.",
  },
  kill: {
    label: "getters killed",
    meaning:
      "N greenlets wait to get from a queue; any one of them is killed, and another one spawned to wait in its place.",
  },
  timeout: {
    label: "acquirers timed out",
    meaning:
      "A greenlet is spawned, waits for a permit of a semaphore for which N others wait, gives up after 1 to 10 ms, and is joined.",
  },
  link: {
    label: "links",
    meaning: "A function is unlinked from an event to which N are linked, and linked again.",
  },
};

/** As many as a run of that size can afford. */
const counts = ({ scale }: Setup): number[] =>
  [10, 1000, 100_000].filter((n) => n <= 100_000 * scale);

export const waiters: Question = {
  name: "waiters",
  asks: "Does a waiter cost more when many others wait?",
  budget: 40,
  tables: (setup) => [
    {
      title: "One waiter beside many",
      unit: "ns",
      rows: Object.entries(KINDS).flatMap(([kind, { label, meaning }]) =>
        counts(setup).map((n): Row => {
          const count = n.toLocaleString("en");
          return {
            key: `${kind}${n}`,
            label: `${label}, ${count}`,
            meaning: meaning.replace("N", count),
          };
        }),
      ),
    },
  ],
  contenders: (setup) =>
    setup.nodes.flatMap((node) =>
      counts(setup).map((n) => ({
        ...node,
        keys: Object.keys(KINDS).map((kind) => `${kind}${n}`),
        command: program(node, "waiters", n),
      })),
    ),
  plots: (answer) =>
    Object.entries(KINDS).map(([kind, { label }]) =>
      curves(`waiters-${kind}`, `One more, by how many wait: ${label} (nanoseconds)`, answer, [
        kind,
      ]),
    ),
};
