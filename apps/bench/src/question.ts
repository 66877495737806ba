import type { Answer, Table } from "./answer.js";
import type { Machine } from "./machine.js";
import type { Plot } from "./plot.js";
import type { Node, Peers, Tools } from "./runtimes.js";

/** What a run is to measure, and with what. */
export interface Setup {
  /** The Nodes that greenlit is measured on; the first is the one that peers are compared with. */
  readonly nodes: readonly Node[];
  readonly peers: Peers;
  readonly tools: Tools;
  /** Of the counts in the programs: 1 for a full measurement. */
  readonly scale: number;
  /** At most so many runs of each program. */
  readonly rounds: number;
  /** How many greenlets are parked, smallest first. */
  readonly parked: readonly number[];
}

/** A program that is run once in each round; it prints a JSON object with these keys. */
export interface Contender {
  readonly who: string;
  readonly keys: readonly string[];
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Why it cannot be run. */
  readonly missing?: string | undefined;
  /** Fewer runs than the others. */
  readonly rounds?: number;
}

/** A question, how it is measured, and how the answer is shown. One file each. */
export interface Question {
  readonly name: string;
  readonly asks: string;
  /** Seconds: no further round is begun that would end later than this. */
  readonly budget: number;
  tables(setup: Setup): Table[];
  contenders(setup: Setup): Contender[];
  plots(answer: Answer): Plot[];
}

export interface Results {
  readonly machine: Machine;
  /** Names of the columns of greenlit, one for each Node. */
  readonly ours: readonly string[];
  readonly answers: readonly Answer[];
}
