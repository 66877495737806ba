import { readFileSync, statSync } from "node:fs";
import { isIP } from "node:net";
import { getHub } from "@greenlit/core";
import type { LookupAddress } from "node:dns";

/** How long a look at the file counts, in milliseconds. */
const LOOK = 1000;

/** The system's table of hosts (hosts(5)); read again when it has changed. */
export class HostsFile {
  private readonly path: string;
  private names = new Map<string, LookupAddress[]>();
  private version = "";
  private looked = -Infinity;

  constructor(path: string = "/etc/hosts") {
    this.path = path;
  }

  /** Empty when the name is not in it. `localhost` always is: RFC 6761, section 6.3. */
  find(name: string): readonly LookupAddress[] {
    this.refresh();
    const key = name.toLowerCase().replace(/\.$/, "");
    const found = this.names.get(key);
    if (found !== undefined) return found;
    return key === "localhost" || key.endsWith(".localhost") ? LOOPBACK : [];
  }

  private refresh(): void {
    const now = getHub().clock.now();
    if (now - this.looked < LOOK) return;
    this.looked = now;
    const stat = statSync(this.path, { throwIfNoEntry: false });
    const version = stat === undefined ? "" : `${stat.mtimeMs} ${stat.size} ${stat.ino}`;
    if (version === this.version) return;
    this.version = version;
    this.names = stat === undefined ? new Map() : parse(readFileSync(this.path, "utf8"));
  }
}

const LOOPBACK: readonly LookupAddress[] = [
  { address: "127.0.0.1", family: 4 },
  { address: "::1", family: 6 },
];

function parse(text: string): Map<string, LookupAddress[]> {
  const names = new Map<string, LookupAddress[]>();
  for (const line of text.split("\n")) {
    const [address = "", ...its] = line.replace(/#.*/, "").trim().split(/\s+/);
    const family = isIP(address);
    if (family === 0) continue;
    for (const name of its) {
      const key = name.toLowerCase();
      const known = names.get(key);
      if (known === undefined) names.set(key, [{ address, family }]);
      else if (!known.some((one) => one.address === address)) known.push({ address, family });
    }
  }
  return names;
}
