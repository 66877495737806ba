// `crawl CORE|- SITE SIZE -- COMMAND`: serves a site (see site.ts), on a core of its own where one
// is named, and crawls it with a command, in which SEED is the address to begin at and FOLDER an
// empty folder. Prints what it took, from the start of the command to its end.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const [core, site, size, dashes, ...template] = process.argv.slice(2) as string[];
if (dashes !== "--") throw new Error("usage: crawl CORE|- SITE SIZE -- COMMAND");
const key = site === "random" ? "Random" : "Tree";

const serve = [process.execPath, fileURLToPath(new URL("site.js", import.meta.url)), site, size];
const [file, ...args] = core === "-" ? serve : ["taskset", "-c", core, ...serve];
const server = spawn(file as string, args as string[], {
  stdio: ["ignore", "ignore", "inherit", "ipc"],
});
const [{ seed }] = (await once(server, "message")) as [{ seed: string }];

const folder = mkdtempSync(join(tmpdir(), "greenlit-bench-crawl-"));
const command = template.map((word) =>
  word.replaceAll("SEED", seed).replaceAll("FOLDER", folder),
) as [string, ...string[]];
const began = performance.now();
const crawler = spawn(command[0], command.slice(1), { stdio: ["ignore", "ignore", "inherit"] });
const resident = watchMemory(crawler);
const [code, signal] = (await once(crawler, "exit")) as [number | null, string | null];
const seconds = (performance.now() - began) / 1000;
rmSync(folder, { recursive: true, force: true });
if (code !== 0) throw new Error(`the crawler ended with ${signal ?? code}`);

server.kill("SIGTERM");
const [{ pages }] = (await once(server, "message")) as [{ pages: number }];
console.log(
  JSON.stringify({
    [`rate${key}`]: pages / seconds,
    [`cpu${key}`]: (childrenSeconds() * 1000) / pages,
    [`memory${key}`]: resident() / 1024,
    pages,
    seconds,
  }),
);

/** The most that a process has resident, in KB; looked at ten times a second. */
function watchMemory({ pid }: ChildProcess): () => number {
  let most = 0;
  const timer = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      most = Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? most);
    } catch {
      clearInterval(timer); // it has ended
    }
  }, 100);
  timer.unref();
  return () => most;
}

/** Processor time of the children that have ended. */
function childrenSeconds(): number {
  const fields = readFileSync("/proc/self/stat", "utf8").split(") ")[1]?.split(" ") ?? [];
  const ticks = Number(fields[13]) + Number(fields[14]); // cutime and cstime
  return ticks / 100;
}
