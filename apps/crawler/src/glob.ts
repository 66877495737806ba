/**
 * A pattern for URLs: `*` matches within one path segment, `**` across segments, `?` one character;
 * everything else is literal. One that begins with `/` or `*` is matched with path and query, any
 * other with the whole URL.
 *
 * Matching takes time in step with the length of the URL, times that of the pattern; a regular
 * expression with several `.*` would take that to the power of their number.
 */
export class Glob {
  private readonly tokens: readonly string[];
  private readonly wholeUrl: boolean;

  constructor(glob: string) {
    this.tokens = glob.match(/\*\*|[^]/gu) ?? [];
    this.wholeUrl = glob.includes("://") || !/^[/*]/.test(glob);
  }

  matches(url: URL): boolean {
    return this.matchesText(this.wholeUrl ? url.href : url.pathname + url.search);
  }

  /**
   * Goes through the text once, with the set of all places in the pattern that may have been
   * reached.
   */
  matchesText(text: string): boolean {
    const { tokens } = this;
    let reached = new Set<number>();
    this.reach(0, reached);
    for (const character of text) {
      const next = new Set<number>();
      for (const place of reached) {
        const token = tokens[place];
        if (token === "**" || (token === "*" && character !== "/")) this.reach(place, next);
        else if (token === "?" || (token === character && token !== "*"))
          this.reach(place + 1, next);
      }
      if (next.size === 0) return false;
      reached = next;
    }
    return reached.has(tokens.length);
  }

  /** A star may match nothing: who is before it is behind it, too. */
  private reach(place: number, reached: Set<number>): void {
    for (; !reached.has(place); place++) {
      reached.add(place);
      if (this.tokens[place] !== "*" && this.tokens[place] !== "**") return;
    }
  }
}
