// `load NAME GENERATOR MODE BYTES CONNECTIONS SECONDS -- SERVER...`: runs a server that prints its
// port, and a load on it, both on the core that this process has. GENERATOR is what peers/load.c
// became, peers/tls_load.mjs for the mode `tls`, or wrk for `http`.
// Prints, with NAME behind each: `rate`, operations a second; `p50` and `p99`, microseconds that
// half of them, and all but a hundredth, took at most; `user` and `system`, microseconds of
// processor time of the server for each: its own, and the kernel's for it.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const args = process.argv.slice(2);
const dashes = args.indexOf("--");
const [name, generator, mode, bytes, connections, seconds] = args.slice(0, dashes) as [
  string,
  string,
  string,
  string,
  string,
  string,
];
const [file, ...rest] = args.slice(dashes + 1) as [string, ...string[]];

/** Of a second, in which Linux tells what a process has used. */
const TICKS = Number(execFileSync("getconf", ["CLK_TCK"]));

/** Microseconds of processor time that a process has used: its own, and the kernel's. */
function used({ pid }: ChildProcess): { user: number; system: number } {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name before them may hold blanks, and ends with a bracket. proc_pid_stat(5)
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [user, system] = fields.slice(11, 13).map((ticks) => (Number(ticks) / TICKS) * 1e6);
  return { user: user as number, system: system as number };
}

async function firstLine(child: ChildProcess): Promise<string> {
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const [line] = (await Promise.race([once(lines, "line"), once(child, "exit")])) as [unknown];
  if (typeof line !== "string") throw new Error(`${file} ended with ${String(line)}`);
  lines.on("line", () => {});
  return line;
}

interface Load {
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  readonly operations: number;
  readonly before: { user: number; system: number };
}

async function loadByGenerator(server: ChildProcess, port: string): Promise<Load> {
  const child = spawn(generator, [mode, port, bytes, connections, seconds], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout });
  let before = used(server);
  let result = "";
  lines.on("line", (line) => {
    if (line === "warm") before = used(server);
    else result = line;
  });
  const [code] = (await once(child, "close")) as [number];
  if (code !== 0) throw new Error(`the load ended with ${code}`);
  const { rate, p50, p99, roundTrips } = JSON.parse(result) as Record<string, number>;
  return { rate, p50, p99, operations: roundTrips, before } as Load;
}

/** wrk prints its figures with units: 1.23ms, 45.6us. */
function microseconds(text: string | undefined): number {
  const [, number, unit] = /^([\d.]+)(us|ms|s)$/.exec(text ?? "") ?? [];
  return Number(number) * ({ us: 1, ms: 1e3, s: 1e6 }[unit ?? ""] ?? NaN);
}

async function loadByWrk(server: ChildProcess, port: string): Promise<Load> {
  const url = `http://127.0.0.1:${port}/`;
  const wrk = async (length: number): Promise<string> => {
    const options = ["-t1", `-c${connections}`, `-d${length}s`, "--latency", url];
    const child = spawn(generator, options, { stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (more: string) => (text += more));
    const [code] = (await once(child, "close")) as [number];
    if (code !== 0) throw new Error(`wrk ended with ${code}`);
    return text;
  };
  await wrk(1);
  const before = used(server);
  const text = await wrk(Math.max(1, Math.round(Number(seconds))));
  const find = (pattern: RegExp): string | undefined => pattern.exec(text)?.[1];
  const bad = find(/Non-2xx or 3xx responses: (\d+)/) ?? find(/Socket errors: (.*)/);
  if (bad !== undefined) throw new Error(`wrk found bad responses: ${bad}`);
  return {
    rate: Number(find(/Requests\/sec: +([\d.]+)/)),
    p50: microseconds(find(/50% +(\S+)/)),
    p99: microseconds(find(/99% +(\S+)/)),
    operations: Number(find(/(\d+) requests in/)),
    before,
  };
}

const server = spawn(file, rest, { stdio: ["ignore", "pipe", "inherit"] });
try {
  const port = await firstLine(server);
  const load = await (mode === "http" ? loadByWrk : loadByGenerator)(server, port);
  const after = used(server);
  const { rate, p50, p99, operations, before } = load;
  const user = (after.user - before.user) / operations;
  const system = (after.system - before.system) / operations;
  const figures = Object.entries({ rate, p50, p99, user, system });
  const named = figures.map(([key, value]): [string, number] => [key + name, value]);
  console.log(JSON.stringify(Object.fromEntries(named)));
} finally {
  server.kill("SIGKILL");
}
