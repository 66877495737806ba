import { context } from "./context.js";
import { crawl } from "./crawl.js";
import { frontier } from "./frontier.js";
import { drivers } from "./drivers.js";
import { echoing } from "./echo.js";
import { files } from "./files.js";
import { serving } from "./http.js";
import { describeMachine } from "./machine.js";
import { parked } from "./parked.js";
import { primitives } from "./primitives.js";
import type { Answer } from "./answer.js";
import type { Question, Results, Setup } from "./question.js";
import { ready } from "./ready.js";
import { ask } from "./rounds.js";
import { findNodes, findPeers } from "./runtimes.js";
import { sleepers } from "./sleepers.js";
import { spawning } from "./spawn.js";
import { switching } from "./switch.js";
import { waiters } from "./waiters.js";

/** Every question, in the order of the page. */
export const QUESTIONS: readonly Question[] = [
  switching,
  spawning,
  primitives,
  sleepers,
  waiters,
  context,
  parked,
  drivers,
  ready,
  echoing,
  serving,
  files,
  crawl,
  frontier,
];

/** How much is measured. */
export type Effort = Pick<Setup, "scale" | "rounds" | "parked">;

export const FULL: Effort = { scale: 1, rounds: 5, parked: [0, 1000, 10_000, 100_000] };
export const QUICK: Effort = { scale: 0.1, rounds: 1, parked: [0, 1000] };

export interface Progress {
  /** Something is about to begin. */
  line(text: string): void;
  answered(answer: Answer): void;
}

/**
 * Measures: the running Node, and those in `folders`, with greenlit; and the peers that are
 * installed.
 */
export function bench(
  questions: readonly Question[],
  effort: Effort,
  folders: readonly string[],
  progress: Progress,
): Results {
  const line = (text: string): void => progress.line(text);
  const nodes = findNodes(folders, line);
  const { peers, tools, done } = findPeers(line);
  try {
    const setup: Setup = { ...effort, nodes, peers, tools };
    const answers = questions.map((question) => {
      const answer = ask(question, setup, line);
      progress.answered(answer);
      return answer;
    });
    return { machine: describeMachine(nodes, peers), ours: nodes.map(({ who }) => who), answers };
  } finally {
    done();
  }
}
