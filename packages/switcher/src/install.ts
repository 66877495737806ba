import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tellOfMissingBinary } from "./missing-binary.js";

/** Programs without which there is no use in trying to compile. */
const TOOLS = [
  { tool: "Python 3", named: ["PYTHON", "npm_config_python"], commands: ["python3", "python"] },
  { tool: "make", named: ["MAKE"], commands: ["make", "gmake"] },
  { tool: "C++ compiler", named: ["CXX"], commands: ["c++", "g++", "clang++"] },
];

/**
 * What `npm install` runs for a package with a native part: nothing to do where it holds a binary
 * that can be loaded, else it is compiled. Where that fails the exit code is 1, and the last lines
 * that npm shows are ours: which platform, what is missing, what to do. What the compiler said is
 * in a file that they name.
 * @param folder of the package, which has `binding.gyp`
 */
export function installNativePart(folder: string): void {
  const fromSource = process.env["npm_config_build_from_source"] === "true";
  if (!fromSource && whyNotLoaded(folder) === null) return;
  const missing = missingTools();
  const compiled = missing.length === 0 ? compile(folder) : null;
  if (compiled?.status === 0) {
    const why = whyNotLoaded(folder);
    if (why === null) return;
    compiled.output += `\n${why}`;
  }
  const why =
    compiled === null
      ? `  There is no ${missing.join(", no ")} on the PATH.`
      : `  Compiling it failed. What the compiler said: ${keep(compiled.output)}`;
  console.error(`\n${tellOfMissingBinary(folder)}\n${why}`);
  process.exitCode = 1;
}

/**
 * Why the native part cannot be loaded; null when it can. In a process of its own: a binary that is
 * made for something else may end it.
 */
function whyNotLoaded(folder: string): string | null {
  const finder = createRequire(join(folder, "package.json")).resolve("node-gyp-build");
  const load = "require(process.argv[1])(process.argv[2])";
  const { status, stderr } = spawnSync(process.execPath, ["-e", load, finder, folder], {
    encoding: "utf8",
  });
  return status === 0 ? null : stderr;
}

function missingTools(): string[] {
  if (process.platform === "win32") return []; // node-gyp looks for Visual Studio, not on the PATH
  const runs = (command: string): boolean =>
    spawnSync(command, ["--version"], { stdio: "ignore" }).error === undefined;
  return TOOLS.filter(
    ({ named, commands }) => !named.some((name) => process.env[name]) && !commands.some(runs),
  ).map(({ tool }) => tool);
}

/** npm and pnpm bring node-gyp with them, and say where it is, or put it on the PATH. */
function compile(folder: string): { status: number | null; output: string } {
  const gyp = process.env["npm_config_node_gyp"];
  const [command, args] =
    gyp === undefined ? ["node-gyp", ["rebuild"]] : [process.execPath, [gyp, "rebuild"]];
  console.error("greenlit: no binary of this package fits this Node; compiling one ...");
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: folder,
    encoding: "utf8",
    maxBuffer: 2 ** 28,
    shell: process.platform === "win32" && gyp === undefined, // a .cmd needs one
  });
  return { status, output: `${stdout ?? ""}${stderr ?? ""}${error?.message ?? ""}` };
}

/** npm removes the package's folder when its install fails, so this is kept elsewhere. */
function keep(output: string): string {
  const path = join(mkdtempSync(join(tmpdir(), "greenlit-install-")), "compiler.log");
  writeFileSync(path, output);
  return path;
}
