import { outOfRange } from "./errors.js";

/** Node's timers count in 32 bits; a longer time is waited for in several pieces. */
const LONGEST = 2 ** 31 - 1;

/** @throws RangeError unless `ms` is null, undefined or a number of milliseconds from 0 to Infinity. */
export function checkTimeout(name: string, ms: number | null | undefined): void {
  if (ms !== null && ms !== undefined && !(ms >= 0)) {
    throw outOfRange(name, "a number of milliseconds, 0 or more", ms);
  }
}

/** When `timeout` milliseconds from now will have passed; Infinity when there is no timeout. */
export function deadline(timeout: number | null | undefined): number {
  return timeout === null || timeout === undefined ? Infinity : performance.now() + timeout;
}

/** Milliseconds until a deadline; null when there is none. */
export function left(end: number): number | null {
  return end === Infinity ? null : Math.max(0, end - performance.now());
}

/** Calls `fn` on the hub after `ms` milliseconds; 0: in the next turn of the loop; Infinity: never. */
export class Timer {
  private timeout: NodeJS.Timeout | null = null;
  private immediate: NodeJS.Immediate | null = null;
  private left: number;
  private readonly fn: () => void;

  constructor(ms: number, fn: () => void) {
    this.left = ms;
    this.fn = fn;
    if (ms === 0) this.immediate = setImmediate(fn);
    else if (ms !== Infinity) this.arm();
  }

  stop(): void {
    if (this.immediate !== null) clearImmediate(this.immediate);
    if (this.timeout !== null) clearTimeout(this.timeout);
  }

  private arm(): void {
    const piece = Math.min(this.left, LONGEST);
    this.left -= piece;
    this.timeout = setTimeout(this.left > 0 ? () => this.arm() : this.fn, piece);
  }
}
