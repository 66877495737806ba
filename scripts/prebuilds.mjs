// npm run prebuilds: the binaries that are published, for every platform and Node that has one.
//
//   node scripts/prebuilds.mjs [--archs x64,arm64] [--nodes 20,24] [--anew] [--check]
//
// The switcher for each supported line of Node, and the newest line there is; the backend once per
// platform. For Linux with glibc. Builds what is not there or has changed; --anew builds all. What
// is in `prebuilds` besides is removed: it would be published. --check builds each again, in
// another folder, and compares: two builds are the same bytes. Last comes a table: size, hash, and
// the oldest glibc and libstdc++ it runs with.
//
// Binaries for the other architecture come from its GNU cross compiler, g++-aarch64-linux-gnu.
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { compileFor, fetchNode, MAJORS, newestNodes } from "./programs.mjs";
import { build, install, root } from "./workspace.mjs";

const PACKAGES = ["switcher", "backend"];
const COMPILERS = { x64: "x86_64-linux-gnu-g++", arm64: "aarch64-linux-gnu-g++" };
const FROM = { x64: "g++-x86-64-linux-gnu", arm64: "g++-aarch64-linux-gnu" };

const { values: options } = parseArgs({
  options: {
    archs: { type: "string", default: "x64,arm64" },
    nodes: { type: "string" },
    anew: { type: "boolean", default: false },
    check: { type: "boolean", default: false },
  },
});
const archs = /** @type {(keyof typeof COMPILERS)[]} */ (options.archs.split(","));

/** @param {string} message */
function refuse(message) {
  console.error(`greenlit: ${message}`);
  process.exit(1);
}
if (process.platform !== "linux") refuse("binaries are built on Linux: it has the cross compilers");
for (const arch of archs) {
  if (!(arch in COMPILERS)) refuse(`no binaries are built for "${arch}"; only for x64 and arm64`);
  if (arch === process.arch || spawnSync(COMPILERS[arch], ["--version"]).status === 0) continue;
  refuse(
    `the cross compiler for ${arch} is missing: on Debian and Ubuntu, apt-get install ${FROM[arch]}`,
  );
}

install();
build();

/** The lines of Node that have binaries: the supported ones, and the newest there is. */
async function linesOf(/** @type {string} */ arch) {
  if (options.nodes !== undefined) return options.nodes.split(",");
  const newest = [...(await newestNodes(arch)).keys()].map(Number);
  return [...new Set([...MAJORS.map(Number), Math.max(...newest)])].map(String);
}

const folderOf = (/** @type {string} */ name) => join(root, "packages", name);

/** All that is in a package's prebuilds, as `linux-x64/node.napi.glibc.node`. */
function filesOf(/** @type {string} */ name, base = folderOf(name)) {
  const files = readdirSync(join(base, "prebuilds"), { recursive: true, encoding: "utf8" });
  return files.filter((file) => statSync(join(base, "prebuilds", file)).isFile());
}

const hashOf = (/** @type {string} */ path) =>
  createHash("sha256").update(readFileSync(path)).digest("hex");

/** The highest version a binary asks a library for. */
function needs(/** @type {Buffer} */ bytes, /** @type {string} */ library) {
  const found = bytes.toString("latin1").matchAll(new RegExp(`${library}_(\\d+(?:\\.\\d+)+)`, "g"));
  const versions = [...found].map(([, version = ""]) => version);
  return versions.sort((a, b) => a.localeCompare(b, "en", { numeric: true })).at(-1) ?? "none";
}

const started = performance.now();
/** @type {Map<string, string>} homes of Nodes, by the platform and the line */
const homes = new Map();
for (const arch of archs) {
  for (const line of await linesOf(arch)) homes.set(`${arch} ${line}`, fetchNode(line, arch));
}
if (options.anew) {
  for (const name of PACKAGES) {
    for (const arch of archs) {
      const folder = join(folderOf(name), "prebuilds", `linux-${arch}`);
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

/** Where the binary of a package for a Node is. */
function binaryOf(
  /** @type {string} */ name,
  /** @type {string} */ home,
  /** @type {string} */ arch,
) {
  const header = readFileSync(join(home, "include/node/node_version.h"), "utf8");
  const abi = /^#define NODE_MODULE_VERSION (\d+)/m.exec(header)?.[1];
  const tag = name === "switcher" ? `abi${abi}` : "napi";
  return `linux-${arch}/node.${tag}.glibc.node`;
}

/** @type {Map<string, string>} what is expected, with the Node it is built with */
const expected = new Map();
for (const [key, home] of homes) {
  const [arch = "", line] = key.split(" ");
  console.error(`greenlit: compiling for Node ${line} on ${arch} ...`);
  compileFor(home);
  for (const name of PACKAGES) {
    const path = `${name} ${binaryOf(name, home, arch)}`;
    if (!expected.has(path)) expected.set(path, home);
  }
}

// With a choice of Nodes or architectures the others' binaries are still good.
if (options.nodes === undefined && archs.length === Object.keys(COMPILERS).length) {
  for (const name of PACKAGES) {
    for (const file of filesOf(name)) {
      if (expected.has(`${name} ${file}`)) continue;
      console.error(
        `greenlit: removing ${name}/prebuilds/${file}, which is not for a supported Node`,
      );
      rmSync(join(folderOf(name), "prebuilds", file));
    }
  }
}

let different = 0;
const rows = [["package", "binary", "bytes", "glibc", "libstdc++", "sha256"]];
for (const [key, home] of expected) {
  const [name = "", file = ""] = key.split(" ");
  const path = join(folderOf(name), "prebuilds", file);
  const bytes = readFileSync(path);
  const hash = hashOf(path);
  rows.push([
    name,
    file,
    `${bytes.length}`,
    needs(bytes, "GLIBC"),
    needs(bytes, "GLIBCXX"),
    hash.slice(0, 16),
  ]);
  if (!options.check) continue;
  // Elsewhere, so that a path in a binary would be seen.
  const folder = mkdtempSync(join(tmpdir(), "greenlit-again-"));
  for (const part of ["binding.gyp", "native"]) {
    cpSync(join(folderOf(name), part), join(folder, part), { recursive: true });
  }
  const script = join(root, "scripts/build-native.mjs");
  execFileSync(process.execPath, [script, "--node", home, "--anew"], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
  const again = hashOf(join(folder, "prebuilds", file));
  rmSync(folder, { recursive: true });
  if (again === hash) continue;
  different++;
  console.error(`greenlit: ${name}/prebuilds/${file} built again is ${again}, and was ${hash}`);
}

const widths = rows[0]?.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0))) ?? [];
for (const row of rows) console.log(row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  "));
const total = rows.slice(1).reduce((sum, [, , bytes]) => sum + Number(bytes), 0);
const seconds = Math.round((performance.now() - started) / 1000);
console.log(`\n${rows.length - 1} binaries, ${total} bytes, ${seconds} s`);
if (options.check) {
  console.log(
    different === 0 ? "built twice: the same bytes" : `${different} differ when built again`,
  );
}
process.exitCode = different === 0 ? 0 : 1;
