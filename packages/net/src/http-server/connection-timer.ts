import { getHub, Timer } from "@greenlit/core";

/**
 * The two times of a connection: when it is closed, and when a body must have come. They change
 * with every request, and are seldom reached. So there is one timer, which is moved only when it
 * would be too late, or has fired too early.
 */
export class ConnectionTimer {
  private readonly onClose: () => void;
  private readonly onReceive: () => void;
  private closeBy = Infinity;
  private receiveBy = Infinity;
  private firesAt = Infinity;
  private timer: Timer | null = null;

  constructor(onClose: () => void, onReceive: () => void) {
    this.onClose = onClose;
    this.onReceive = onReceive;
  }

  /** Calls `onClose` after `ms` milliseconds, unless told otherwise. Infinity: never. */
  closeIn(ms: number): void {
    this.closeBy = getHub().now + ms;
    if (this.closeBy < this.firesAt) this.set();
  }

  receiveIn(ms: number): void {
    this.receiveBy = getHub().now + ms;
    if (this.receiveBy < this.firesAt) this.set();
  }

  stop(): void {
    this.timer?.stop();
    this.closeBy = this.receiveBy = Infinity;
  }

  private set(): void {
    this.timer?.stop();
    this.firesAt = Math.min(this.closeBy, this.receiveBy);
    const ms = this.firesAt - getHub().clock.now();
    this.timer = new Timer(Math.max(0, ms), () => this.fire());
  }

  private fire(): void {
    const now = getHub().clock.now();
    this.firesAt = Infinity;
    if (this.closeBy <= now) return this.onClose();
    if (this.receiveBy <= now) {
      this.receiveBy = Infinity;
      this.onReceive();
    }
    if (Math.min(this.closeBy, this.receiveBy) < Infinity) this.set();
  }
}
