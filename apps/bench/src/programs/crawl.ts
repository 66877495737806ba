// `crawl NAME CORE|- SITE SIZE -- COMMAND`: serves a site (see site.ts), on a core of its own where
// one is named, and crawls it with a command, in which SEED is the address to begin at and FOLDER
// an empty folder. Prints what the command took, from its start to its end, as `rateNAME` ...; of
// the site `random` how large it was after each fifth of the pages, of `hold` what a page in flight
// takes.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const [name, core, site, size, dashes, ...template] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
  ...string[],
];
if (dashes !== "--") throw new Error("usage: crawl NAME CORE|- SITE SIZE -- COMMAND");

const pin = core === "-" ? [] : ["taskset", "-c", core];
const program = fileURLToPath(new URL("site.js", import.meta.url));
const [file = "", ...args] = [...pin, process.execPath, program, site, size];
const server = spawn(file, args, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
server.once("exit", (code) => {
  throw new Error(`the site ended with ${code}`);
});
const [{ seed }] = (await once(server, "message")) as [{ seed: string }];

const folder = mkdtempSync(join(tmpdir(), "greenlit-bench-crawl-"));
const [command, ...words] = template.map((word) =>
  word.replaceAll("SEED", seed).replaceAll("FOLDER", folder),
) as [string, ...string[]];
const began = performance.now();
const crawler = spawn(command, words, { stdio: ["ignore", "ignore", "inherit"] });
const ended = once(crawler, "exit") as Promise<[number | null, string | null]>;
const most = watchMemory(crawler);
const sizes: number[] = [];
server.on("message", (message) => {
  if (message === "served") sizes.push(resident(crawler, "VmRSS") / 1024);
});
const grown = site === "hold" ? await holdAll() : 0;
const [code, signal] = await ended;
const seconds = (performance.now() - began) / 1000;
const cpu = childrenSeconds();
rmSync(folder, { recursive: true, force: true });

server.removeAllListeners();
server.kill("SIGTERM");
const [{ pages }] = (await once(server, "message")) as [{ pages: number }];
if (code !== 0) throw new Error(`the crawler ended with ${signal ?? code}`);
console.log(
  JSON.stringify({
    [`rate${name}`]: pages / seconds,
    [`cpu${name}`]: (cpu / pages) * 1000,
    [`memory${name}`]: most() / 1024,
    [`inFlight${name}`]: grown / Number(size),
    ...Object.fromEntries(sizes.map((mb, i) => [`fifth${i + 1}${name}`, mb])),
  }),
);

/** How much larger a process is, in KB, when it has all pages in flight than with one. */
async function holdAll(): Promise<number> {
  const sizes: number[] = [];
  for (const _ of ["one", "all"]) {
    await once(server, "message");
    await new Promise((resolve) => setTimeout(resolve, 500)); // until it has read what there is
    sizes.push(resident(crawler, "VmRSS"));
    server.send("go on");
  }
  const [one, all] = sizes as [number, number];
  return all - one;
}

/** The most that a process has resident, in KB; looked at ten times a second. */
function watchMemory(child: ChildProcess): () => number {
  let highest = 0;
  const timer = setInterval(() => {
    highest = Math.max(highest, resident(child, "VmHWM"));
  }, 100);
  timer.unref();
  return () => highest;
}

/** In KB; 0 when it has ended. */
function resident({ pid }: ChildProcess, field: "VmRSS" | "VmHWM"): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** Processor time of the children that have ended. */
function childrenSeconds(): number {
  const fields = readFileSync("/proc/self/stat", "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[13]) + Number(fields[14])) / 100; // cutime and cstime, in ticks
}
