import { readFileSync } from "node:fs";

/** In which order a name is asked for: `search`, `domain` and `ndots` of resolv.conf(5). */
export class SearchList {
  private readonly domains: readonly string[];
  private readonly dots: number;

  /** @param text of the file. */
  constructor(text: string) {
    let domains: string[] = [];
    let dots = 1;
    for (const line of text.split("\n")) {
      const [word, ...rest] = line
        .replace(/[#;].*/, "")
        .trim()
        .split(/\s+/);
      if (word === "search") domains = rest; // the last of these lines counts
      if (word === "domain") domains = rest.slice(0, 1);
      if (word !== "options") continue;
      for (const option of rest) {
        const [, number] = /^ndots:(\d+)$/.exec(option) ?? [];
        if (number !== undefined) dots = Math.min(Number(number), 15);
      }
    }
    this.domains = domains.map((domain) => domain.replace(/\.$/, "")).filter((one) => one !== "");
    this.dots = dots;
  }

  /** The system's; without entries where it cannot be read. */
  static read(path: string = "/etc/resolv.conf"): SearchList {
    try {
      return new SearchList(readFileSync(path, "utf8"));
    } catch {
      return new SearchList("");
    }
  }

  /** What to ask for, until there is an answer. */
  candidates(name: string): string[] {
    if (name.endsWith(".")) return [name.slice(0, -1)];
    const longer = this.domains.map((domain) => `${name}.${domain}`);
    const dots = name.split(".").length - 1;
    return dots >= this.dots ? [name, ...longer] : [...longer, name];
  }
}
