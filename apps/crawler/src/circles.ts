import { Event } from "greenlit";
import { Recent } from "./recent.js";

/** URLs of which it is remembered that they have ended, and whether in a circle. */
const REMEMBERED = 10_000;
/** Redirects that wait at once; each is a greenlet. Longer circles are not found. */
const MAX_WAITING = 500;

/** A redirect that waits until it is known where its target leads. */
interface Waiting {
  /** Its URL, and those that it was redirected to before. */
  readonly passed: readonly string[];
  readonly target: string;
  readonly settled: Event;
  isCircle: boolean;
}

/**
 * Finds redirects that lead back to themselves although each of them is followed for itself only:
 * `/a` redirects to `/b`, which has a turn of its own, and that one to `/a`. So a redirect to
 * another's page waits until that has ended, or the circle is closed.
 */
export class Circles {
  private readonly waiting = new Set<Waiting>();
  private readonly byPassed = new Map<string, Waiting>();
  private readonly byTarget = new Map<string, Set<Waiting>>();
  private readonly ended = new Recent<string, boolean>(REMEMBERED);

  /**
   * Blocks until `target` has ended, or nothing more can be found out.
   *
   * @param passed the URL that redirects, with those that it was redirected to before
   * @returns whether it leads into a circle
   */
  leadsToCircle(passed: readonly string[], target: string): boolean {
    let end = target;
    for (let next = this.byPassed.get(end); next !== undefined; next = this.byPassed.get(end)) {
      end = next.target;
      if (passed.includes(end)) break;
    }
    const isCircle = passed.includes(end) || this.ended.get(end);
    if (isCircle !== true) return isCircle ?? this.wait(passed, target);
    for (const url of passed) this.settle(url, true);
    return true;
  }

  /** A URL has ended, and with it those that it was redirected to. */
  end(urls: readonly string[]): void {
    for (const url of urls) this.settle(url, this.ended.get(url) === true);
  }

  /** Nothing more will end: whatever waits leads to no circle. */
  release(): void {
    for (const it of this.waiting) this.wake(it, false);
  }

  private wait(passed: readonly string[], target: string): boolean {
    const it: Waiting = { passed, target, settled: new Event(), isCircle: false };
    this.waiting.add(it);
    for (const url of passed) this.byPassed.set(url, it);
    const others = this.byTarget.get(target);
    if (others === undefined) this.byTarget.set(target, new Set([it]));
    else others.add(it);
    if (this.waiting.size > MAX_WAITING) this.wake(this.waiting.values().next().value!, false);
    try {
      it.settled.wait();
    } finally {
      this.forget(it);
    }
    return it.isCircle;
  }

  /** Tells those that wait for a URL what became of it, and those that wait for them. */
  private settle(url: string, isCircle: boolean): void {
    const urls = [url];
    for (let next = urls.pop(); next !== undefined; next = urls.pop()) {
      this.ended.set(next, isCircle);
      for (const it of this.byTarget.get(next) ?? []) {
        this.wake(it, isCircle);
        urls.push(...it.passed);
      }
    }
  }

  private wake(it: Waiting, isCircle: boolean): void {
    it.isCircle = isCircle;
    it.settled.set();
    this.forget(it);
  }

  private forget(it: Waiting): void {
    if (!this.waiting.delete(it)) return;
    for (const url of it.passed) if (this.byPassed.get(url) === it) this.byPassed.delete(url);
    const others = this.byTarget.get(it.target)!;
    others.delete(it);
    if (others.size === 0) this.byTarget.delete(it.target);
  }
}
