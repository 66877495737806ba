// How do the switcher's drivers compare?
import { runChild } from "./child.js";
import { dots } from "./plot.js";
import type { Row } from "./answer.js";
import type { Contender, Question } from "./question.js";
import { type Node, program } from "./runtimes.js";

/** A switch between OS threads takes so long that fewer do. */
const DRIVERS = { direct: 1, locker: 0.3, thread: 0.01 };

const ROWS: Row[] = [
  { key: "shallow", label: "one-way switch", meaning: "A raw switch, as in the first table." },
  {
    key: "ring1000",
    label: "round robin, 1,000",
    meaning: "A raw switch while 1,000 greenlets take turns.",
  },
  { key: "create", label: "create and finish", meaning: "A raw greenlet's whole life." },
];

function contend(node: Node, driver: string, scale: number): Contender {
  const keys = ROWS.map(({ key }) => key);
  const env = { GREENLIT_SWITCHER: driver };
  let { missing } = node;
  try {
    if (missing === undefined) runChild(program(node, "open"), env);
  } catch (error) {
    missing = (error as Error).message;
  }
  return {
    who: `${driver}, Node ${node.version.split(".")[0]}`,
    keys,
    // Only these: 10,000 OS threads are too many.
    command: program(node, "switch", scale, keys.join()),
    env,
    missing,
  };
}

export const drivers: Question = {
  name: "drivers",
  asks: "How do the switcher's drivers compare?",
  budget: 25,
  tables: () => [{ title: "Drivers", unit: "ns", rows: ROWS }],
  contenders: ({ nodes, scale }) =>
    nodes.flatMap((node) =>
      Object.entries(DRIVERS).map(([driver, part]) => contend(node, driver, scale * part)),
    ),
  plots: (answer) => [dots("drivers", "The drivers side by side (nanoseconds)", answer, 0)],
};
