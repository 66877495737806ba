import type { Phase } from "../phases.js";

// What the server tells the page. Plain numbers and words: all of it goes through JSON. Times are
// in ms unless a name says otherwise.

export type State = "running" | "paused" | "stopping" | "finished" | "stopped";

/** How much was done in one second (or whatever the interval is). */
export interface Sample {
  readonly pagesPerSecond: number;
  readonly bytesPerSecond: number;
}

export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

export interface Latency {
  readonly lastMinute: Percentiles;
  readonly whole: Percentiles;
  /** Where each bar begins; the last one has no end. */
  readonly bars: readonly number[];
  /** Share of the answers of the last minute, and of all, in each bar: 0 to 1. */
  readonly lastMinuteShares: readonly number[];
  readonly wholeShares: readonly number[];
}

export interface Counts {
  /** URLs that ended with a response, and without. */
  readonly pages: number;
  readonly failed: number;
  readonly retries: number;
  /** Links that were not followed. */
  readonly skipped: number;
  readonly bytes: number;
  readonly inFlight: number;
  readonly peakInFlight: number;
  /** URLs that wait, those among them that wait for another attempt, and those in the store. */
  readonly queued: number;
  readonly retrying: number;
  readonly spilled: number;
  /** URLs ever found that were wanted. */
  readonly known: number;
  readonly hosts: number;
}

/** Everything that changes all the time, and is small however large the crawl is. */
export interface Tick {
  /** Ordinal number of the newest sample. */
  readonly sample: number;
  /** The newest samples, so that a reader may miss some. */
  readonly samples: readonly Sample[];
  readonly state: State;
  /** Since the crawl began. */
  readonly elapsed: number;
  readonly concurrency: number;
  readonly perHost: number;
  readonly counts: Counts;
  readonly latency: Latency;
  /** Pages in flight by what they do; `committing`: ended, and not yet safe. */
  readonly phases: Readonly<Record<Phase | "committing", number>>;
  readonly statuses: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, number>>;
}

/** What a reader is told first. */
export interface Hello {
  readonly seeds: readonly string[];
  /** Ms between two samples. */
  readonly interval: number;
  /** As many as are kept, the newest last. */
  readonly samples: readonly Sample[];
  readonly tick: Tick;
}

/** A part of what there is. */
export interface Selection<Row> {
  /** How many there are, and how many of them pass the filter. */
  readonly total: number;
  readonly matching: number;
  readonly rows: readonly Row[];
}

export interface HostRow {
  readonly host: string;
  /** URLs that wait. When `more`, the store has others. */
  readonly queued: number;
  readonly more: boolean;
  readonly inFlight: number;
  readonly limit: number;
  /** Between two requests. */
  readonly delay: number;
  /** Why it is not asked faster, in words; empty when nothing holds it back. */
  readonly reason: string;
  /** Until its next turn; null when nothing waits. */
  readonly next: number | null;
  readonly pages: number;
  readonly errors: number;
}

export interface FailureRow {
  /** Counts up. */
  readonly number: number;
  readonly url: string;
  /** The error's code, or the status. */
  readonly code: string;
  readonly message: string;
  readonly referrer: string | null;
  readonly attempts: number;
  /** Since the crawl began. */
  readonly at: number;
}

export interface SkipRow {
  readonly reason: string;
  readonly count: number;
  /** The newest ones. */
  readonly examples: readonly { readonly url: string; readonly referrer: string | null }[];
}

export interface GreenletRow {
  readonly id: number;
  readonly url: string;
  readonly phase: Phase;
  /** Since it was begun, and since it came into its phase. */
  readonly age: number;
  readonly inPhase: number;
  /** The call that it is blocked in; null when it waits for its turn to run. */
  readonly waitsFor: string | null;
  /** Where that was called: the function and `file:line`; empty while it has no place. */
  readonly at: string;
}

export interface Frame {
  readonly call: string;
  /** `file:line:column`, from the folder of the program or of the package on. */
  readonly place: string;
  /** Whether it is in neither Node nor the runtime. */
  readonly isOwn: boolean;
}

export interface GreenletStack extends GreenletRow {
  /** The page is not in flight any more: this is what was seen last. */
  readonly hasEnded: boolean;
  readonly depth: number;
  readonly attempts: number;
  readonly referrer: string | null;
  /** The innermost first. */
  readonly frames: readonly Frame[];
}

export interface GraphNode {
  readonly name: string;
  readonly pages: number;
  readonly errors: number;
}

/** Pages on `to` that were found on `from`, as indices into the nodes. */
export interface GraphEdge {
  readonly from: number;
  readonly to: number;
  readonly pages: number;
}

export interface Graph {
  readonly total: number;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

/** What is asked for when it is looked at. */
export interface Panels {
  readonly greenlets: Selection<GreenletRow>;
  readonly hosts: Selection<HostRow>;
  readonly failures: Selection<FailureRow>;
  readonly skips: Selection<SkipRow>;
  readonly graph: { readonly hosts: Graph; readonly sections: Graph };
}

/** The last thing a reader is told: with it the page needs no server any more. */
export interface End {
  readonly tick: Tick;
  readonly panels: Panels;
}

/** What the page asks the crawl to do. */
export type Command =
  | { readonly action: "pause" | "resume" | "stop" }
  | { readonly action: "limits"; readonly concurrency?: number; readonly perHost?: number };
