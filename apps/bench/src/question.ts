import type { Plot } from "./plot.js";
import type { Figure } from "./figure.js";
import type { Machine } from "./machine.js";
import type { Node, Peers } from "./runtimes.js";

/** What a run is to measure, and with what. */
export interface Setup {
  /** The Nodes that greenlit is measured on; the first is the one that peers are compared with. */
  readonly nodes: readonly Node[];
  readonly peers: Peers;
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
  /** The name under which its one key is printed, where that is another. */
  readonly prints?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Why it cannot be run. */
  readonly missing?: string | undefined;
  /** Fewer runs than the others. */
  readonly rounds?: number;
}

export interface Row {
  readonly key: string;
  readonly label: string;
  /** What the row means, in a sentence. */
  readonly meaning: string;
}

export interface Table {
  readonly title: string;
  readonly unit: string;
  readonly rows: readonly Row[];
  /** They may be below 0, and their ratios say nothing. */
  readonly differences?: boolean;
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

/** What was found: figures by who and key, or the reason why there is none. */
export interface Answer {
  readonly name: string;
  readonly asks: string;
  readonly tables: readonly Table[];
  readonly figures: Record<string, Record<string, Figure>>;
  readonly missing: Record<string, Record<string, string>>;
}

export interface Results {
  readonly machine: Machine;
  /** Names of the columns of greenlit, one for each Node. */
  readonly ours: readonly string[];
  readonly answers: readonly Answer[];
}
