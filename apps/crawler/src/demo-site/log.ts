/** What the demo site has seen, as its control endpoint reports it. */
export interface LogReport {
  /** Requests by URL. */
  readonly requests: Record<string, number>;
  /** The most requests that were ever being answered at once, by origin. */
  readonly maxConcurrent: Record<string, number>;
}

/** Keeps the log of the demo site: what tests hold against what the crawler says of itself. */
export class RequestLog {
  private readonly requests = new Map<string, number>();
  private readonly current = new Map<string, number>();
  private readonly max = new Map<string, number>();

  /** @returns how often the URL was asked for before */
  begin(origin: string, url: string): number {
    const before = this.requests.get(url) ?? 0;
    this.requests.set(url, before + 1);
    const current = (this.current.get(origin) ?? 0) + 1;
    this.current.set(origin, current);
    this.max.set(origin, Math.max(current, this.max.get(origin) ?? 0));
    return before;
  }

  end(origin: string): void {
    this.current.set(origin, (this.current.get(origin) ?? 1) - 1);
  }

  report(): LogReport {
    return {
      requests: Object.fromEntries(this.requests),
      maxConcurrent: Object.fromEntries(this.max),
    };
  }
}
