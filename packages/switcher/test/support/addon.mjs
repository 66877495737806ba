// Native addons of the programs, like those of users. Each is compiled once for the Node that runs.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const HEADERS = join(dirname(dirname(process.execPath)), "include/node");
const compiler = process.env.CXX ?? "g++";

/** Why no addon can be compiled here; false if it can. */
export const noAddon =
  (process.platform !== "linux" && "compiled on Linux only") ||
  (!existsSync(join(HEADERS, "node.h")) && `needs ${HEADERS}`);

/** Compiles `native/<name>.cc`, if that has not been done, and loads it. */
export function loadAddon(name) {
  const source = fileURLToPath(new URL(`../native/${name}.cc`, import.meta.url));
  const { modules, v8, node } = process.versions;
  const key = createHash("sha256")
    .update([readFileSync(source), modules, v8, node, process.arch, compiler].join("\n"))
    .digest("hex")
    .slice(0, 16);
  const folder = join(tmpdir(), "greenlit-test-addons");
  const file = join(folder, `${name}-${key}.node`);
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true });
    const own = `${file}.${process.pid}`; // several programs may compile it at once
    const flags = ["-std=c++20", "-O1", "-g", "-fPIC", "-shared", "-w", `-I${HEADERS}`];
    execFileSync(compiler, [...flags, source, "-o", own], { stdio: "inherit" });
    renameSync(own, file);
  }
  return createRequire(import.meta.url)(file);
}
