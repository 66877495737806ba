// What the questions about servers share: a server and its load run on one core.
import type { Row } from "./answer.js";
import type { Contender, Setup } from "./question.js";
import { program, type Tool } from "./runtimes.js";

/** How a server is loaded. */
export interface Load {
  /** Ends the keys of its rows. */
  readonly name: string;
  readonly mode: "echo" | "churn" | "udp" | "tls" | "http";
  readonly bytes: number;
  readonly connections: number;
  readonly label: string;
}

/** A server, for one load: what starts it, and why it cannot be started. */
export interface Server {
  readonly who: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly missing?: string | undefined;
}

/** Ways in which greenlets wait for sockets, each against the others. */
export const BACKENDS: readonly string[] = ["epoll", "uring", "poll", "uv"];

/** The rows of a table, one for each load. */
export function rows(
  loads: readonly Load[],
  figure: string,
  meaning: (load: Load) => string,
): Row[] {
  return loads.map((load) => ({
    key: figure + load.name,
    label: load.label,
    meaning: meaning(load),
  }));
}

/** One load on one server; gives the figures `rate`, `p99` and `user`. */
export function contend(setup: Setup, load: Load, server: Server): Contender {
  const { nodes, tools, scale } = setup;
  const others: Partial<Record<Load["mode"], Tool>> = { http: tools.wrk, tls: tools.tlsLoad };
  const tool = others[load.mode] ?? tools.load;
  const { name, mode, bytes, connections } = load;
  // The first quarter warms up; ten thousand connections take seconds to be used a few times each.
  const seconds = Math.max(0.3, (connections < 10_000 ? 2 : 10) * scale);
  const [first] = nodes as [Setup["nodes"][0]];
  const settings = [name, tool.path, mode, bytes, connections, seconds];
  return {
    who: server.who,
    keys: ["rate", "p99", "user"].map((figure) => figure + name),
    command: [...program(first, "load", ...settings), "--", ...server.command],
    env: server.env ?? {},
    // A load takes seconds, however small the scale.
    rounds: scale < 0.1 ? 1 : Infinity,
    missing: server.missing ?? tool.missing,
  };
}
