// `files HOW SCALE`: calls of files by greenlets, by Node's Sync functions, or by fs.promises.
import nodeFs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { joinAll, run, spawn } from "greenlit";
import * as greenFs from "greenlit/fs";
import { median } from "./time.js";

const [how, scale] = [process.argv[2] as "greenlet" | "sync" | "promises", Number(process.argv[3])];
const blocking = how === "sync" ? nodeFs : greenFs;
const { promises } = nodeFs;

const root = nodeFs.mkdtempSync(join(tmpdir(), "greenlit-files-"));
process.on("exit", () => nodeFs.rmSync(root, { recursive: true }));
const at = (...names: (string | number)[]): string => join(root, ...names.map(String));

const SIZES = [4, 64, 1024];
for (const size of SIZES) nodeFs.writeFileSync(at(size), Buffer.alloc(size * 1024, "x"));
nodeFs.mkdirSync(at("folder"));
for (let i = 0; i < 20; i++) nodeFs.writeFileSync(at("folder", i), "x");
const DATA = Buffer.alloc(4096, "y");

type Call = () => unknown;

const calls: Record<string, readonly [sync: Call, promise: () => Promise<unknown>]> = {
  ...Object.fromEntries(
    SIZES.map((size) => [
      `read${size}`,
      [() => blocking.readFileSync(at(size)), () => promises.readFile(at(size))] as const,
    ]),
  ),
  stat: [() => blocking.statSync(at(4)), () => promises.stat(at(4))],
  exists: [() => blocking.existsSync(at(4)), () => promises.access(at(4))],
  readdir: [() => blocking.readdirSync(at("folder")), () => promises.readdir(at("folder"))],
  write4: [
    () => blocking.writeFileSync(at("written"), DATA),
    () => promises.writeFile(at("written"), DATA),
  ],
};

const ROUNDS = 11;
/** In each round; fewer where one takes hundreds of microseconds. */
const countOf = (key: string): number =>
  Math.max(10, Math.round((/1024|write/.test(key) ? 30 : 500) * scale));

/** Microseconds for each call. */
function measure(call: Call, count: number): number {
  const times = Array.from({ length: ROUNDS }, () => {
    const start = performance.now();
    for (let i = 0; i < count; i++) call();
    return ((performance.now() - start) * 1000) / count;
  });
  return median(times);
}

async function measurePromises(call: () => Promise<unknown>, count: number): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    for (let i = 0; i < count; i++) await call();
    times.push(((performance.now() - start) * 1000) / count);
  }
  return median(times);
}

/** Files of 64 KB; the kernel forgets them, each time. NaN where it may not be told to. */
async function cold(): Promise<number> {
  const count = Math.max(64, Math.round(1000 * scale));
  const paths = Array.from({ length: count }, (_, i) => at(`cold${i}`));
  for (const path of paths) {
    const fd = nodeFs.openSync(path, "w");
    nodeFs.writeSync(fd, Buffer.alloc(65_536, "z"));
    nodeFs.fsyncSync(fd);
    nodeFs.closeSync(fd);
  }
  const rates: number[] = [];
  for (let round = 0; round < 5; round++) {
    try {
      nodeFs.writeFileSync("/proc/sys/vm/drop_caches", "3"); // proc_sys_vm(5)
    } catch {
      return NaN;
    }
    const start = performance.now();
    await readAll(paths);
    rates.push((count * 65_536) / 1000 / (performance.now() - start));
  }
  return median(rates.slice(1));
}

async function readAll(paths: readonly string[]): Promise<void> {
  const left = [...paths];
  const WORKERS = 64;
  if (how === "promises") {
    const work = async (): Promise<void> => {
      for (let path = left.pop(); path !== undefined; path = left.pop())
        await promises.readFile(path);
    };
    await Promise.all(Array.from({ length: WORKERS }, work));
  } else if (how === "greenlet") {
    await run(() => {
      const work = (): void => {
        for (let path = left.pop(); path !== undefined; path = left.pop())
          greenFs.readFileSync(path);
      };
      joinAll(Array.from({ length: WORKERS }, () => spawn(work)));
    });
  } else for (const path of paths) nodeFs.readFileSync(path);
}

/** How many files a second. */
async function walk(): Promise<number> {
  const folders = Math.max(10, Math.round(200 * scale));
  for (let i = 0; i < folders; i++) {
    nodeFs.mkdirSync(at("tree", i), { recursive: true });
    for (let j = 0; j < 100; j++) nodeFs.writeFileSync(at("tree", i, j), "");
  }
  const look = (folder: string): void => {
    for (const name of blocking.readdirSync(folder)) blocking.statSync(join(folder, name));
  };
  const all = Array.from({ length: folders }, (_, i) => at("tree", i));
  const start = performance.now();
  if (how === "sync") all.forEach(look);
  else if (how === "greenlet") await run(() => joinAll(all.map((folder) => spawn(look, folder))));
  else {
    const step = async (folder: string): Promise<void> => {
      for (const name of await promises.readdir(folder)) await promises.stat(join(folder, name));
    };
    await Promise.all(all.map(step));
  }
  return (folders * 100 * 1000) / (performance.now() - start);
}

const figures: Record<string, number> = {};
for (const [key, [sync, promise]] of Object.entries(calls)) {
  const count = countOf(key);
  if (how === "promises") figures[key] = await measurePromises(promise, count);
  else figures[key] = how === "sync" ? measure(sync, count) : await run(measure, sync, count);
}
figures.cold = await cold();
figures.walk = await walk();
console.log(JSON.stringify(figures));
