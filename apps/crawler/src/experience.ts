/**
 * Something that learns from the sites while they are crawled. Times in what it keeps are those
 * that are left, in ms.
 */
export interface Learner {
  /** What is worth keeping for the next run: bounded, and anything JSON can say. */
  learnt(now: number): unknown;
  /** Takes over what was learnt so many ms ago. What it knows by itself already counts more. */
  relearn(learnt: unknown, now: number, ago: number): void;
}

/** Ms between two times that it is kept, at least: a run that is killed loses so much. */
const INTERVAL = 1_000;
/** Before the names of what is kept. */
const PREFIX = "learnt ";

/** What is kept of a learner. */
interface Kept {
  /** Ms since the epoch. */
  readonly at: number;
  readonly what: unknown;
}

/**
 * What a crawl has learnt of the sites, kept beside its queues: a trap gets no new allowance by a
 * new run, and a host that wants to be left alone is.
 */
export class Experience {
  private readonly learners: Readonly<Record<string, Learner>>;
  /** As JSON. */
  private readonly before = new Map<string, string>();
  private keptAt = -Infinity;

  constructor(learners: Readonly<Record<string, Learner>>) {
    this.learners = learners;
  }

  /** What has changed, by names for the states of a store. @param isLast whatever the time is */
  changes(isLast: boolean): Record<string, Kept> {
    const now = performance.now();
    const changed: Record<string, Kept> = {};
    if (!isLast && now < this.keptAt + INTERVAL) return changed;
    this.keptAt = now;
    for (const [name, learner] of Object.entries(this.learners)) {
      const what = learner.learnt(now);
      const text = JSON.stringify(what);
      if (text === (this.before.get(name) ?? "[]")) continue;
      this.before.set(name, text);
      changed[PREFIX + name] = { at: Date.now(), what };
    }
    return changed;
  }

  /** Takes over what former runs, and other workers, have kept. */
  restore(states: ReadonlyMap<string, unknown>): void {
    for (const [name, learner] of Object.entries(this.learners)) {
      for (const [key, kept] of states) {
        if (key !== PREFIX + name && !key.startsWith(`${PREFIX}${name} `)) continue;
        const { at, what } = kept as Kept;
        learner.relearn(what, performance.now(), Math.max(0, Date.now() - at));
      }
    }
  }
}
