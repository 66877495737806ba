// What does one ready descriptor cost, among many idle ones?
import { curves } from "./plot.js";
import type { Contender, Question, Setup } from "./question.js";
import { program } from "./runtimes.js";

const BACKENDS = ["select", "poll", "epoll", "uring", "uv"];

/** The most that select can have, of two descriptors each. */
const MOST_OF_SELECT = 400;

const counts = ({ scale }: Setup): number[] =>
  scale >= 0.1 ? [10, 100, MOST_OF_SELECT, 1000, 9000] : [10, 100, MOST_OF_SELECT];

export const ready: Question = {
  name: "ready",
  asks: "What does one ready descriptor cost, among many idle ones?",
  budget: 60,
  tables: (setup) => [
    {
      title: "One among many",
      unit: "us of processor time",
      rows: counts(setup).map((n) => ({
        key: `ready${n}`,
        label: `${n.toLocaleString("en")} idle`,
        meaning: `${n.toLocaleString("en")} greenlets wait for sockets on which nothing comes, while two others send a byte to and fro: one such wait, with its system calls.`,
      })),
    },
  ],
  // On the first Node alone: this is about the kernel.
  contenders: (setup) =>
    setup.nodes.slice(0, 1).flatMap((node) =>
      BACKENDS.flatMap((backend) =>
        counts(setup).map((n): Contender => ({
          ...node,
          who: backend,
          keys: [`ready${n}`],
          command: program(node, "ready", n),
          env: { GREENLIT_BACKEND: backend },
          missing:
            node.missing ??
            (backend === "select" && n > MOST_OF_SELECT
              ? "select takes no descriptor above 1023"
              : undefined),
        })),
      ),
    ),
  plots: (answer) => [
    curves("ready", "One ready descriptor among many idle ones (us)", answer, ["ready"]),
  ],
};
