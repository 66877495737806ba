import type { Learner } from "./experience.js";
import { Recent } from "./recent.js";

/** Hosts whose pauses a later run is told of. */
const KEPT = 1_000;

interface Pause {
  /** By `performance.now()`. */
  readonly until: number;
  readonly reason: string;
}
type KeptPause = [host: string, left: number, reason: string];

/** Which hosts are to be left alone, for whoever comes later. */
export class Pauses implements Learner {
  private readonly hosts = new Recent<string, Pause>(KEPT);
  private readonly pause: (host: string, delay: number, reason: string) => void;

  /** @param pause leaves a host alone for so many ms */
  constructor(pause: (host: string, delay: number, reason: string) => void) {
    this.pause = pause;
  }

  note(host: string, until: number, reason: string): void {
    this.hosts.set(host, { until, reason });
  }

  learnt(now: number): readonly KeptPause[] {
    const kept = this.hosts.newestFirst().filter(([, { until }]) => until > now);
    return kept
      .reverse()
      .map(([host, { until, reason }]) => [host, Math.ceil(until - now), reason]);
  }

  relearn(learnt: readonly KeptPause[], _now: number, ago: number): void {
    for (const [host, left, reason] of learnt) {
      if (left > ago) this.pause(host, left - ago, reason);
    }
  }
}
