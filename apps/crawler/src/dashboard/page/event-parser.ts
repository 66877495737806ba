/** One event of a stream. */
export interface StreamEvent {
  readonly name: string;
  readonly data: string;
}

/**
 * Puts server-sent events together from the pieces in which they come, which end anywhere. It
 * reads what this server sends: one `event` and one `data` line each.
 */
export class EventParser {
  private rest = "";

  /** The events that are whole now. */
  push(piece: string): StreamEvent[] {
    const parts = (this.rest + piece).split("\n\n");
    this.rest = parts.pop() ?? "";
    return parts.map((part) => {
      const [name = "", data = ""] = part.split("\n");
      return { name: name.slice("event: ".length), data: data.slice("data: ".length) };
    });
  }
}
