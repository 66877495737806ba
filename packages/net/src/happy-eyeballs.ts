import { type Greenlet, spawn } from "@greenlit/core";
import { outOfRange, Waiter } from "@greenlit/core/blocking-call";
import { Deadline } from "./deadline.js";
import { thrownHere } from "./errors.js";

/** How long an attempt has before the next address is tried as well, in ms: RFC 8305, section 8. */
const ATTEMPT_DELAY = 250;
/** The least that RFC 8305 allows, section 8. */
const LEAST_DELAY = 10;

/**
 * Tries addresses in order until one connects, as RFC 8305 (happy eyeballs) says: the next begins
 * when the last has failed, or has not answered for a while; the first connection wins, and all
 * others are given up.
 *
 * @param attempt connects to one, in a greenlet of its own.
 * @param delay milliseconds until the next is tried.
 * @throws the error of the only attempt; of several an AggregateError with the code of the first,
 *   as Node does it; what interrupts the call.
 */
export function race<Place, Connection extends { close(error: unknown): void }>(
  places: readonly Place[],
  attempt: (place: Place, deadline: Deadline) => Connection,
  delay: number = ATTEMPT_DELAY,
  what: string,
  deadline: Deadline,
): Connection {
  if (!(delay > 0)) throw outOfRange("autoSelectFamilyAttemptTimeout", "more than 0", delay);
  const running = new Set<Greenlet>();
  const errors: unknown[] = [];
  let winner: Connection | null = null;
  let isOver = false;
  let waiter: Waiter | null = null;
  const run = (place: Place): void => {
    try {
      const connection = attempt(place, Deadline.none);
      if (isOver || winner !== null) connection.close(new Error("another address was faster"));
      else winner = connection;
    } catch (error) {
      errors.push(error);
    }
  };
  const begin = (place: Place): void => {
    const greenlet = spawn(run, place);
    running.add(greenlet);
    greenlet.link(() => {
      running.delete(greenlet);
      waiter?.wake();
    });
  };
  try {
    for (let next = 0; ;) {
      const failed = errors.length;
      if (next < places.length) begin(places[next++] as Place);
      // Until this one has failed, or it has had its time, or any has won.
      while (winner === null && errors.length === failed && running.size > 0) {
        waiter = new Waiter(what);
        if (next === places.length) deadline.wait(waiter);
        else if (!deadline.pause(waiter, Math.max(delay, LEAST_DELAY))) break;
      }
      if (winner !== null) return winner;
      if (running.size === 0 && next === places.length) throw failureOf(errors);
    }
  } finally {
    isOver = true;
    waiter = null;
    for (const greenlet of running) greenlet.kill(undefined, { block: false });
  }
}

function failureOf(errors: unknown[]): unknown {
  const [first] = errors;
  if (errors.length === 1) return thrownHere(first);
  const { code } = Object(first) as NodeJS.ErrnoException;
  return thrownHere(Object.assign(new AggregateError(errors), { code }));
}
