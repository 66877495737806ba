// What does asynchronous context add to a switch?
import { dots } from "./plot.js";
import type { Row } from "./answer.js";
import type { Question } from "./question.js";
import { program } from "./runtimes.js";

const RAW: Row[] = [
  {
    key: "rawPlain",
    label: "switcher alone",
    meaning: "A raw switch, with nothing done about asynchronous context.",
  },
  {
    key: "rawScoped",
    label: "in the scope of its own resource",
    meaning: "A raw switch as the hub makes it: in the scope of an AsyncResource that has a store.",
  },
];

const ADDS: Row[] = [
  {
    key: "scopeAdds",
    label: "the scope",
    meaning:
      "What the second row above takes longer than the first: both are measured in turn in one process, and this is the median of the differences.",
  },
  {
    key: "storeAdds",
    label: "a store",
    meaning: "The same of the fourth row and the third.",
  },
];

const MANAGED: Row[] = [
  {
    key: "plain",
    label: "sleep(0), no store",
    meaning:
      "Ten greenlets yield in turn, and nobody uses AsyncLocalStorage; a yield is two switches, so it is halved.",
  },
  {
    key: "store",
    label: "sleep(0), a store each",
    meaning:
      "The same, each greenlet spawned inside AsyncLocalStorage.run with a store of its own.",
  },
  {
    key: "nested",
    label: "sleep(0), inside run()",
    meaning:
      "The same, each greenlet yielding inside a call of AsyncLocalStorage.run that it made itself.",
  },
  {
    key: "scoped",
    label: "sleep(0), inside runInAsyncScope()",
    meaning:
      "The same, each greenlet yielding inside a scope of a further AsyncResource, whose entry is lifted off Node's stack at every switch.",
  },
];

export const context: Question = {
  name: "context",
  asks: "What does asynchronous context add to a switch?",
  budget: 35,
  tables: () => [
    { title: "Asynchronous context", unit: "ns per switch", rows: [...RAW, ...MANAGED] },
    { title: "What it adds", unit: "ns per switch", rows: ADDS, differences: true },
  ],
  contenders({ nodes, peers, scale }) {
    const managed = MANAGED.map(({ key }) => key);
    const keys = [...RAW, ...MANAGED, ...ADDS].map(({ key }) => key);
    const { promise } = peers;
    return [
      ...nodes.map((node) => ({ ...node, keys, command: program(node, "context", scale) })),
      { ...promise, keys: managed, command: [...promise.command, "context", String(scale)] },
    ];
  },
  plots: (answer) => [
    dots("context", "A switch with and without asynchronous context (nanoseconds)", answer, 0),
  ],
};
