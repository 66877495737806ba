import dns from "node:dns";
import { getHub } from "@greenlit/core";
import { stayFair, Waiter, WaitList } from "@greenlit/core/blocking-call";
import type { Deadline } from "./deadline.js";
import { thrownHere } from "./errors.js";

/** What a name server said: records, or an error. */
export interface Answer {
  readonly records: readonly unknown[];
  readonly error: NodeJS.ErrnoException | null;
}

/** A question that has been asked, and everybody who waits for its answer. */
export class Query {
  answer: Answer | null = null;
  private readonly waiters = new WaitList();
  private readonly listeners = new Set<() => void>();

  /** Blocks until there is an answer. */
  wait(what: string, deadline: Deadline): Answer {
    if (this.answer === null) deadline.wait(this.waiters.add(new Waiter(what)));
    return this.answer as unknown as Answer;
  }

  /** @returns what forgets the listener. */
  onAnswer(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  settle(answer: Answer): void {
    this.answer = answer;
    this.waiters.wakeAll();
    for (const listener of this.listeners) listener();
  }
}

/** How many answers are kept; the one that was not asked for longest goes. */
export const MOST = 1000;
/** How long an answer is kept at most, in milliseconds, whatever its TTL. */
export const LONGEST = 3_600_000;
/**
 * How long it is kept that there is no such name, or no such record, in milliseconds: c-ares does
 * not tell the TTL that RFC 2308 has for this.
 */
export const NEGATIVE = 5000;

/**
 * Answers of name servers, for as long as they may be kept. Who asks for what is being asked for
 * already waits for the same answer.
 */
export class DnsCache {
  private readonly kept = new Map<string, { query: Query; end: number }>();
  private readonly asked = new Map<string, Query>();

  /** How many answers are kept. */
  get size(): number {
    return this.kept.size;
  }

  clear(): void {
    this.kept.clear();
    this.asked.clear(); // whoever waits still gets its answer
  }

  /** The query for this name, which may have been answered. */
  ask(type: string, name: string): Query {
    const key = `${type} ${name.toLowerCase()}`;
    const kept = this.kept.get(key);
    if (kept !== undefined) {
      this.kept.delete(key);
      if (kept.end > getHub().clock.now()) {
        this.kept.set(key, kept); // the last in the order of use
        return kept.query;
      }
    }
    return this.asked.get(key) ?? this.begin(key, type, name);
  }

  /**
   * The records of a name.
   *
   * @throws Node's error, with the stack of the caller.
   */
  records(type: string, name: string, what: string, deadline: Deadline): readonly unknown[] {
    const query = this.ask(type, name);
    if (query.answer !== null) stayFair(what);
    const { records, error } = query.wait(what, deadline);
    if (error !== null) throw thrownHere(copyOf(error));
    return records;
  }

  private begin(key: string, type: string, name: string): Query {
    const query = new Query();
    this.asked.set(key, query);
    const done = (error: NodeJS.ErrnoException | null, records: unknown[] = []): void => {
      const mine = this.asked.get(key) === query;
      if (mine) this.asked.delete(key);
      query.settle({ records: records.map(withoutTtl), error });
      const time = mine ? timeToKeep(type, error, records) : 0;
      if (time <= 0) return;
      this.kept.set(key, { query, end: getHub().clock.now() + time });
      if (this.kept.size > MOST) this.kept.delete(this.kept.keys().next().value as string);
    };
    try {
      start(type, name, done);
    } catch (error) {
      this.asked.delete(key); // it cannot be asked for
      throw error;
    }
    return query;
  }
}

type Done = (error: NodeJS.ErrnoException | null, records?: unknown[]) => void;

/** Looked up at each call: dns.setServers puts other functions there. */
function start(type: string, name: string, done: Done): void {
  if (type === "A") dns.resolve4(name, { ttl: true }, done);
  else if (type === "AAAA") dns.resolve6(name, { ttl: true }, done);
  else dns.resolve(name, type, done as never);
}

function withoutTtl(record: unknown): unknown {
  const { ttl, address } = Object(record) as Partial<dns.RecordWithTtl>;
  return ttl !== undefined && address !== undefined ? address : record;
}

/** In milliseconds. Of other records than addresses Node does not tell the TTL. */
function timeToKeep(
  type: string,
  error: NodeJS.ErrnoException | null,
  records: readonly unknown[],
): number {
  if (error !== null)
    return error.code === dns.NOTFOUND || error.code === dns.NODATA ? NEGATIVE : 0;
  if (type !== "A" && type !== "AAAA") return 0;
  const ttls = (records as dns.RecordWithTtl[]).map(({ ttl }) => ttl);
  return Math.min(LONGEST, 1000 * Math.min(...ttls));
}

/** Each who waits gets an error of its own, or they would share one stack. */
function copyOf(error: NodeJS.ErrnoException): NodeJS.ErrnoException {
  return Object.assign(new Error(error.message), error);
}
