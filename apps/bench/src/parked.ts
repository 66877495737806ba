// What does a parked greenlet cost, in memory and in garbage collection?
import { curves } from "./plot.js";
import type { Row } from "./answer.js";
import type { Contender, Question, Setup } from "./question.js";
import { program } from "./runtimes.js";

/** With so many, a run takes many seconds: it is hardly repeated. */
const MANY = 100_000;
const OFF = "GC_SKIP=0";

function rows(parked: readonly number[], key: string, label: string, meaning: string): Row[] {
  return parked.map((n) => {
    const count = n.toLocaleString("en");
    return { key: `${key}${n}`, label: `${count} ${label}`, meaning: meaning.replace("N", count) };
  });
}

function ours({ nodes, parked }: Setup): Contender[] {
  return nodes.flatMap((node, i) =>
    parked.flatMap((n): Contender[] => {
      const keys = [`lately${n}`, `idle${n}`, `full${n}`];
      const rounds = n < MANY ? Infinity : i === 0 ? 2 : 1;
      const command = program(node, "parked", n);
      const normal = { ...node, command, rounds, keys: n > 0 ? [...keys, `memory${n}`] : keys };
      const off = {
        ...node,
        command,
        rounds,
        keys,
        who: `${node.who.replace("greenlit, ", "")}, ${OFF}`,
        env: { GREENLIT_GC_SKIP: "0" },
      };
      // The most expensive run of all tells nothing new on a second Node.
      return n >= MANY && i > 0 ? [normal] : [normal, off];
    }),
  );
}

function theirs({ peers, parked }: Setup): Contender[] {
  return parked.flatMap((n) => {
    const rounds = n >= MANY ? 1 : Infinity;
    const memory = n > 0 ? [`memory${n}`] : [];
    const both = [...memory, `full${n}`];
    return [
      { ...peers.greenlet, rounds, keys: memory, question: "memory" },
      { ...peers.gevent, rounds, keys: both, question: "parked" },
      { ...peers.fiber, rounds, keys: both, question: "parked" },
      { ...peers.goroutine, rounds, keys: both, question: "parked" },
      { ...peers.generator, rounds, keys: memory, question: "memory" },
      { ...peers.promise, rounds, keys: both, question: "parked" },
    ]
      .filter(({ keys }) => keys.length > 0)
      .map(({ question, ...peer }) => ({
        ...peer,
        command: [...peer.command, question, String(n)],
      }));
  });
}

export const parked: Question = {
  name: "parked",
  asks: "What does a parked greenlet cost, in memory and in garbage collection?",
  budget: 190,
  tables: ({ parked }) => [
    {
      title: "Resident memory of a parked greenlet",
      unit: "KB each",
      rows: rows(
        parked.filter((n) => n > 0),
        "memory",
        "parked",
        "N greenlets wait for an event; what the process grew by, JavaScript objects included, is divided by their number.",
      ),
    },
    {
      title: "A scavenge while greenlets are parked",
      unit: "ms",
      rows: [
        ...rows(
          parked,
          "idle",
          "idle",
          "A minor collection with N parked greenlets that have not run for more than three scavenges (GC_SKIP=0: with GREENLIT_GC_SKIP=0, so that it visits them all).",
        ),
        ...rows(
          parked.filter((n) => n > 0),
          "lately",
          "that ran lately",
          "A minor collection with N parked greenlets, all of which have run since the last one.",
        ),
      ],
    },
    {
      title: "A full collection while greenlets are parked",
      unit: "ms",
      rows: rows(parked, "full", "parked", "A full collection with N parked greenlets."),
    },
  ],
  contenders: (setup) => [...ours(setup), ...theirs(setup)],
  plots: (answer) => [
    curves("memory", "Resident memory of a parked greenlet (KB each)", answer, ["memory"]),
    curves("scavenge", "A scavenge, by greenlets parked idle (ms)", answer, ["idle"]),
    curves("scavenge-lately", "A scavenge, by greenlets parked that ran lately (ms)", answer, [
      "lately",
    ]),
    curves("full-collection", "A full collection, by greenlets parked (ms)", answer, ["full"]),
  ],
};
