// Builds the native addon of the package in the current folder and files it under
// prebuilds/<platform>-<arch>/node.abi<N>[.<libc>].node, the names node-gyp-build looks for.
// One folder then holds the binaries of every Node, and none shadows another. An addon that uses
// Node-API alone has one binary for all of them, node.napi[.<libc>].node.
//
//   node build-native.mjs               for the Node that runs this
//   node build-native.mjs --node <dir>  for another one; <dir> holds bin/node and include/node
//   node build-native.mjs --anew        also when it is there
//
// Without --anew nothing is done when there is one that is newer than all it is made from, and was
// made by the same compiler: not turbo's to know, which would put the binaries for other Nodes back
// as they once were.
//
// That one may be for another architecture. The compiler is then CC and CXX, or the GNU cross
// compiler.
import { execFileSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

if (!existsSync("binding.gyp")) process.exit(0);

/** What says how to compile; turbo.json has the same list. */
const TOOLS = ["CC", "CXX", "CFLAGS", "CXXFLAGS", "LDFLAGS"];
const UNSET = TOOLS.map((name) => `${name}=\n`).join("");

/**
 * What an executable is for, `undefined` where that is not known.
 * @typedef {object} Elf
 * @property {string | undefined} arch
 * @property {string} libc
 */

/**
 * What an executable for Linux says about itself; undefined for other systems' executables.
 * @param {string} path
 * @returns {Elf | undefined}
 */
function readElf(path) {
  const head = Buffer.alloc(64 * 1024);
  const file = openSync(path, "r");
  readSync(file, head, 0, head.length, 0);
  closeSync(file);
  if (head.toString("latin1", 0, 4) !== "\x7fELF") return undefined;
  const arch = new Map([
    [62, "x64"],
    [183, "arm64"],
  ]).get(head.readUInt16LE(18));
  // The program header of type 3 says where the dynamic loader's name is: each C library has its
  // own.
  const [table, size, count] = [
    head.readUInt32LE(32),
    head.readUInt16LE(54),
    head.readUInt16LE(56),
  ];
  let libc = "";
  for (let at = table; at < table + size * count; at += size) {
    if (head.readUInt32LE(at) !== 3) continue;
    const [start, length] = [head.readUInt32LE(at + 8), head.readUInt32LE(at + 32)];
    libc = head.toString("latin1", start, start + length).includes("musl") ? ".musl" : ".glibc";
  }
  return { arch, libc };
}

/**
 * A Node of this machine can be asked.
 * @param {string} node
 */
function ask(node) {
  const [abi = "", arch = "", libc = ""] = execFileSync(node, [
    "-p",
    "[process.versions.modules, process.arch, process.report?.getReport?.().header.glibcVersionRuntime ? '.glibc' : process.platform === 'linux' ? '.musl' : ''].join(' ')",
  ])
    .toString()
    .trimEnd()
    .split(" ");
  return { abi, arch, libc };
}

/**
 * A Node of another architecture is read: its executable, and its headers.
 * @param {Elf} elf
 * @param {string} home
 */
function read(elf, home) {
  const header = readFileSync(join(home, "include/node/node_version.h"), "utf8");
  const abi = /^#define NODE_MODULE_VERSION (\d+)/m.exec(header)?.[1];
  const { arch, libc } = elf;
  if (arch === undefined || abi === undefined) {
    throw new Error(`greenlit: cannot tell what ${home} is for`);
  }
  return { abi, arch, libc };
}

const flag = process.argv.indexOf("--node");
const nodeDir = flag < 0 ? undefined : process.argv[flag + 1];
// An addon is built against the headers of the Node it is for: its own installation's, when it has
// them.
const home = nodeDir ?? dirname(dirname(process.execPath));
const node = nodeDir === undefined ? process.execPath : join(nodeDir, "bin/node");
const elf = readElf(node);
const foreign = elf !== undefined && elf.arch !== process.arch;
const { abi, arch, libc } = foreign ? read(elf, home) : ask(node);
const triple = { arm64: "aarch64-linux-gnu", x64: "x86_64-linux-gnu" }[arch];
const compiler = foreign ? { CC: `${triple}-gcc`, CXX: `${triple}-g++` } : {};

const gypfile = readFileSync("binding.gyp", "utf8");
const name = /"target_name": "(\w+)"/.exec(gypfile)?.[1];
const fits = gypfile.includes("NAPI_VERSION") ? "napi" : `abi${abi}`;
const folder = `prebuilds/${process.platform}-${arch}`;
const target = `${folder}/node.${fits}${libc ?? ""}.node`;
const sources = [
  "binding.gyp",
  fileURLToPath(import.meta.url),
  ...readdirSync("native", { recursive: true }).map((file) => `native/${file}`),
];
const changed = (/** @type {string} */ file) => statSync(file).mtimeMs;
const anew = process.argv.includes("--anew");
// Beside the binaries it would be published with them.
const note = `node_modules/.cache/greenlit/${target.replaceAll("/", "-")}.tools`;
const tools = TOOLS.map((name) => `${name}=${process.env[name] ?? ""}\n`).join("");
const toolsThen = existsSync(note) ? readFileSync(note, "utf8") : UNSET;
if (
  !anew &&
  existsSync(target) &&
  tools === toolsThen &&
  sources.every((file) => changed(file) < changed(target))
)
  process.exit(0);

// npm lies beside node on Windows, and below lib elsewhere.
const gyp =
  process.env.npm_config_node_gyp ??
  ["node_modules", "../lib/node_modules"]
    .map((folder) =>
      join(dirname(process.execPath), folder, "npm/node_modules/node-gyp/bin/node-gyp.js"),
    )
    .find(existsSync);
if (gyp === undefined)
  throw new Error(`there is no npm, and so no node-gyp, near ${process.execPath}`);
const nodedir = existsSync(join(home, "include/node/node.h")) ? [`--nodedir=${home}`] : [];
/** @type {NodeJS.ProcessEnv} */
const env = { ...compiler, ...process.env };
// node-gyp prefers what npm run puts into the environment, of an npm that is set to build for one
// Node, to the options here.
if (nodedir.length > 0) delete env["npm_config_nodedir"];
const clear = () => rmSync("build", { recursive: true, force: true });
clear();
// However this ends: a leftover build/Release would be preferred to the binaries of prebuilds,
// whatever Node it was made for.
process.once("exit", clear);
execFileSync(
  process.execPath,
  [gyp, "rebuild", "--silent", "--jobs=max", `--arch=${arch}`, ...nodedir],
  { stdio: ["ignore", "inherit", "inherit"], env },
);

const built = `build/Release/${name}.node`;
// Made for another Node after all, or with a symbol missing: said here, not by the first program.
if (!foreign)
  execFileSync(node, ["-e", "require(process.argv[1])", `./${built}`], {
    stdio: ["ignore", "ignore", "inherit"],
  });

mkdirSync(folder, { recursive: true });
renameSync(built, target);
mkdirSync(dirname(note), { recursive: true });
writeFileSync(note, tools);
