import { crc32 } from "node:zlib";

/** More would only make short queues. */
const MOST_PARTS = 16;
/** A name that is longer cannot be looked up anyway. */
const LONGEST_HOST = 260;

/**
 * How each host's queue is divided, so that several workers may have a part of it: each part gets
 * its share of the pages that may be in flight at the host, and of the requests in a time. A URL
 * always belongs to the same part.
 *
 *     one part    "a.example"
 *     several     "a.example 0", "a.example 1" ...
 */
export class Parts {
  readonly count: number;

  constructor(count: number) {
    this.count = count;
  }

  queueOf({ host, href }: URL): string {
    const name = host.slice(0, LONGEST_HOST);
    return this.count === 1 ? name : `${name} ${crc32(href) % this.count}`;
  }

  /** All queues of a host. */
  queuesOf(host: string): string[] {
    const name = host.slice(0, LONGEST_HOST);
    return this.count === 1
      ? [name]
      : Array.from({ length: this.count }, (_, part) => `${name} ${part}`);
  }

  /** Pages of one part in flight, when so many of the host may be. */
  limit(perHost: number): number {
    return Math.max(1, Math.floor(perHost / this.count));
  }

  /** Ms between two requests for URLs of one part, when there are so many for the host. */
  delay(delay: number): number {
    return delay * this.count;
  }
}

/** Whose queue it is, or a part of it. */
export function hostOf(queue: string): string {
  const end = queue.indexOf(" ");
  return end < 0 ? queue : queue.slice(0, end);
}

/**
 * Into how many parts workers that share a crawl divide each host. A host that is asked one page
 * at a time, or with a delay, is one worker's: others could do nothing that it cannot do alone.
 */
export function partsFor({ perHost, delay }: { perHost: number; delay: number }): number {
  return delay > 0 ? 1 : Math.max(1, Math.min(perHost, MOST_PARTS));
}
