import { execFileSync } from "node:child_process";

/** The processes that a process has started. */
export function childrenOf(pid: number): number[] {
  try {
    const found = execFileSync("pgrep", ["-P", String(pid)], { encoding: "utf8" });
    return found.trim().split("\n").map(Number);
  } catch {
    return []; // there are none
  }
}
