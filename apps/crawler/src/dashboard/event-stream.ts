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
  /** How many read it. */
  readers = 0;
  private newest = "";
  /** How many there were. */
  private count = 0;
  private isOver = false;
  private changed = new Event();

  send(message: string): void {
    this.newest = message;
    this.count++;
    const { changed } = this;
    this.changed = new Event();
    changed.set();
  }

  /** One last thing, which every reader gets. */
  end(message: string): void {
    this.isOver = true;
    this.send(message);
  }

  /** What comes from now on; blocks until the next one is there. */
  *read(): Generator<string, void, undefined> {
    this.readers++;
    try {
      let told = this.isOver ? -1 : this.count;
      do {
        while (told === this.count) this.changed.wait();
        told = this.count;
        yield this.newest;
      } while (!this.isOver || told !== this.count);
    } finally {
      this.readers--;
    }
  }
}
