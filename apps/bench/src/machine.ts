import { cpus, release, totalmem, type } from "node:os";
import { core } from "./child.js";
import { findBuild, type Node, type Peers } from "./runtimes.js";

/** Where and with what it was measured: names and values, for people. */
export type Machine = Readonly<Record<string, string>>;

/** Of the machine, and of what is measured on it. */
export function describeMachine(nodes: readonly Node[], peers: Peers): Machine {
  const all = cpus();
  const found: Record<string, string> = {
    date: new Date().toISOString().slice(0, 10),
    build: findBuild(),
    processor: `${all[0]?.model.trim() ?? "unknown"}, ${all.length} cores`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GB`,
    kernel: `${type()} ${release()}, ${process.arch}`,
    "each program runs on": core === null ? "any core (no taskset here)" : `core ${core} only`,
  };
  for (const { who, version } of nodes) found[who] = version;
  for (const { who, version, missing } of Object.values(peers)) found[who] = missing ?? version;
  return found;
}
