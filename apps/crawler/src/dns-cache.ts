import { lookup, type LookupAddress, type LookupOptions } from "node:dns";
import { Recent } from "./recent.js";

/** How long an answer holds, in ms. The system's resolver does not say how long it might. */
const LIFETIME = 60_000;
const FAILURE_LIFETIME = 5_000;
const REMEMBERED = 10_000;

export type LookupAll = (
  hostname: string,
  options: LookupOptions & { all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

interface Answer {
  readonly error: NodeJS.ErrnoException | null;
  readonly addresses: LookupAddress[];
}

interface Cached {
  readonly answer: Promise<Answer>;
  /** By `performance.now()`; Infinity while it is being looked up. */
  until: number;
}

/**
 * Looks host names up once a minute, however many connections want to know: the system's resolver
 * has four threads, and those are for files, too.
 */
export class DnsCache {
  private readonly ask: LookupAll;
  private readonly now: () => number;
  private readonly cached = new Recent<string, Cached>(REMEMBERED);

  constructor(ask: LookupAll = lookup, now: () => number = () => performance.now()) {
    this.ask = ask;
    this.now = now;
  }

  /** As `dns.lookup` with `all`. */
  readonly lookup: LookupAll = (hostname, options, callback) => {
    const key = `${hostname} ${options.family ?? 0} ${options.hints ?? 0}`;
    let cached = this.cached.get(key);
    if (cached === undefined || cached.until <= this.now()) {
      cached = this.begin(hostname, options);
      this.cached.set(key, cached);
    }
    void cached.answer.then(({ error, addresses }) => callback(error, addresses));
  };

  private begin(hostname: string, options: LookupOptions & { all: true }): Cached {
    const answer = new Promise<Answer>((resolve) => {
      this.ask(hostname, options, (error, addresses) => {
        cached.until = this.now() + (error === null ? LIFETIME : FAILURE_LIFETIME);
        resolve({ error, addresses });
      });
    });
    const cached: Cached = { answer, until: Infinity };
    return cached;
  }
}
