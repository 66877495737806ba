// What the scripts share that run the whole programs of test/programs on other Nodes than the running one.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "./workspace.mjs";

export const MAJORS = ["20", "22", "24", "26"];

/** The folder of a Node for Linux with its headers: a package of the registry, fetched once. */
export function fetchNode(major, arch) {
  const name = `node-linux-${arch}`;
  const prefix = join(root, ".cache/nodes", arch === process.arch ? major : `${major}-${arch}`);
  const home = join(prefix, "node_modules", name);
  if (existsSync(join(home, "bin/node"))) return home;
  console.error(`greenlit: fetching Node ${major} for ${arch} (once) ...`);
  mkdirSync(prefix, { recursive: true });
  const where = ["--prefix", prefix, `--cpu=${arch}`, "--os=linux", "--force"];
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
  execFileSync("npm", ["install", ...where, ...quiet, `${name}@${major}`], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  return home;
}

/** Compiles the switcher for the Node in a folder. */
export function compileFor(home) {
  execFileSync(process.execPath, [join(root, "scripts/build-native.mjs"), "--node", home], {
    cwd: join(root, "packages/switcher"),
    stdio: ["ignore", "ignore", "inherit"],
  });
}

/** The programs of these packages whose names contain one of the parts. */
export function findPrograms(packages, parts) {
  return packages.flatMap((name) => {
    const folder = join(root, "packages", name, "test/programs");
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .filter((file) => file.endsWith(".mjs") && parts.some((part) => file.includes(part)))
      .map((file) => ({ name: `${name}/${file}`, path: join(folder, file) }));
  });
}

/** It passes if it exits with 0 and the last line it prints is `pass`. */
export function runProgram(node, flags, path, { scale, timeLimit, driver = "" }) {
  const child = spawn(node, ["--expose-gc", ...flags, path], {
    env: {
      ...process.env,
      NODE_OPTIONS: "",
      GREENLIT_SWITCHER: driver,
      GREENLIT_TEST_SCALE: String(scale),
    },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: timeLimit,
    killSignal: "SIGKILL",
  });
  let output = "";
  let printed = "";
  const started = performance.now();
  child.stdout.on("data", (chunk) => {
    output += chunk;
    printed += chunk;
  });
  child.stderr.on("data", (chunk) => (output += chunk));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      const passed = code === 0 && printed.trimEnd().split("\n").at(-1) === "pass";
      const ended = signal ?? `exit code ${code}`;
      resolve({ passed, seconds: (performance.now() - started) / 1000, ended, output });
    });
  });
}
