import { uniformEscapes } from "./url.js";

/** A pattern with `*` or a final `$`, cut at the `*`s. */
interface WildRule {
  readonly allow: boolean;
  /** Length of the normalised pattern in octets: the longest pattern that matches decides. */
  readonly length: number;
  readonly pieces: readonly string[];
  /** The pattern ended in `$`. */
  readonly anchored: boolean;
}

/** Characters of a pattern by which it is found again. */
const NEEDLE = 4;

/**
 * The allow and disallow lines of a robots.txt that count for one crawler. A file may have tens of
 * thousands, and each page is compared with all of them, so they are looked up, not tried one by
 * one: those without `*` by the beginnings of the path; the others by a few characters that the
 * path must contain.
 */
export class RuleSet {
  private readonly literals = new Map<string, boolean>();
  /** Lengths of the literals, longest first; null until it is needed. */
  private lengths: number[] | null = null;
  private readonly wild = new Map<string, WildRule[]>();
  private readonly needleLengths = new Set<number>();

  /** @param pattern as it stands in the file */
  add(allow: boolean, pattern: string): void {
    const anchored = pattern.endsWith("$");
    // A `$` that is not at the end is an ordinary character.
    const text = encode(anchored ? pattern.slice(0, -1) : pattern).replaceAll("$", "%24");
    if (!anchored && !text.includes("*")) {
      this.literals.set(text, allow || this.literals.get(text) === true);
      this.lengths = null;
    } else {
      this.addWild({
        allow,
        length: text.length + Number(anchored),
        pieces: text.split("*"),
        anchored,
      });
    }
  }

  /**
   * Whether a path with its query may be fetched: the longest matching pattern decides, allow wins
   * a tie, and what no rule matches is allowed (RFC 9309 section 2.2.2).
   */
  allow(url: string): boolean {
    // `*` and `$` in a URL are meant literally (section 2.2.3).
    const path = encode(url).replaceAll("*", "%2A").replaceAll("$", "%24");
    let { length, allow } = this.longestLiteral(path);
    for (const rule of this.candidates(path)) {
      if (rule.length < length || (rule.length === length && !rule.allow)) continue;
      if (matches(rule, path)) ({ length, allow } = rule);
    }
    return allow;
  }

  private addWild(rule: WildRule): void {
    const longest = rule.pieces.reduce((a, b) => (b.length > a.length ? b : a));
    const needle = longest.slice(-NEEDLE); // the ends of patterns differ more than their beginnings
    const rules = this.wild.get(needle);
    if (rules === undefined) this.wild.set(needle, [rule]);
    else rules.push(rule);
    this.needleLengths.add(needle.length);
  }

  private longestLiteral(path: string): { length: number; allow: boolean } {
    this.lengths ??= [...new Set([...this.literals.keys()].map(({ length }) => length))].sort(
      (a, b) => b - a,
    );
    for (const length of this.lengths) {
      const allow = length > path.length ? undefined : this.literals.get(path.slice(0, length));
      if (allow !== undefined) return { length, allow };
    }
    return { length: 0, allow: true };
  }

  /** The rules whose needle is in the path. */
  private *candidates(path: string): Generator<WildRule, void> {
    const seen = new Set<WildRule[]>();
    for (const length of this.needleLengths) {
      for (let at = 0; at + length <= path.length; at++) {
        const rules = this.wild.get(path.slice(at, at + length));
        if (rules === undefined || seen.has(rules)) continue;
        seen.add(rules);
        yield* rules;
      }
    }
  }
}

/** Leftmost matching of the pieces is enough, so a pattern of many `*`s costs no backtracking. */
function matches({ pieces, anchored }: WildRule, path: string): boolean {
  const first = pieces[0]!;
  if (!path.startsWith(first)) return false;
  let at = first.length;
  const last = pieces.length - 1;
  if (last === 0) return !anchored || at === path.length;
  for (let i = 1; i < last; i++) {
    const found = path.indexOf(pieces[i]!, at);
    if (found < 0) return false;
    at = found + pieces[i]!.length;
  }
  const tail = pieces[last]!;
  return anchored
    ? path.length - tail.length >= at && path.endsWith(tail)
    : path.indexOf(tail, at) >= 0;
}

/** Percent-encodes what is not printable ASCII, and makes escapes uniform (section 2.2.2). */
function encode(text: string): string {
  const ascii = text.replace(/[^\x21-\x7E]+/g, (run) =>
    Buffer.from(run, "utf8").toString("hex").replace(/../g, "%$&"),
  );
  return uniformEscapes(ascii);
}
