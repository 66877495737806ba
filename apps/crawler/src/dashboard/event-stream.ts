import { Event } from "greenlit";

/** An event as a server sends it (WHATWG HTML, server-sent events). */
export function serverSentEvent(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

/**
 * Something that is news again and again, for readers of whom each is as slow as it is. Only the
 * newest is kept: who takes long misses some, holds no memory, and slows nobody down.
 */
export class Broadcast {
  private newest = "";
  private last: string | null = null;
  private changed = new Event();

  /** How many read it. */
  readers = 0;

  send(message: string): void {
    this.newest = message;
    this.wake();
  }

  /** Tells each reader one last thing. */
  end(message: string): void {
    this.last = message;
    this.wake();
  }

  /** What comes from now on; blocks until the next one is there. */
  *read(): Generator<string, void, undefined> {
    this.readers++;
    try {
      while (this.last === null) {
        this.changed.wait();
        yield this.last ?? this.newest;
      }
    } finally {
      this.readers--;
    }
  }

  private wake(): void {
    const { changed } = this;
    this.changed = new Event();
    changed.set();
  }
}
