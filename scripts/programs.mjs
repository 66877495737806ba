// What the scripts share that run the whole programs of test/programs on other Nodes than the
// running one.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root } from "./workspace.mjs";

export const MAJORS = ["20", "22", "24", "26"];

export const NODES = join(root, ".cache/nodes");

/**
 * The newest Node of each line that the registry has for an architecture: a map of majors to
 * versions.
 * @param {string} arch
 */
export async function newestNodes(arch) {
  // Only now: it is one of the packages that are built.
  const { isNewer } = await import(join(root, "packages/switcher/dist/proved.js"));
  const text = execFileSync("npm", ["view", `node-linux-${arch}`, "versions", "--json"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  /** @type {string[]} */
  const versions = JSON.parse(text);
  /** @type {Map<string, string>} */
  const newest = new Map();
  // Releases only.
  for (const version of versions.filter((version) => /^\d+\.\d+\.\d+$/.test(version))) {
    const major = version.slice(0, version.indexOf("."));
    if (isNewer(version, newest.get(major) ?? "0.0.0")) newest.set(major, version);
  }
  return newest;
}

/**
 * The folder of a Node for Linux with its headers: a package of the registry, kept once fetched.
 * @param {string} major
 * @param {string} arch
 * @param {object} [options]
 * @param {string} [options.version] which one is wanted; another that is kept gives way to it.
 *   Default: what is kept, or the newest.
 * @param {string} [options.nodes] where they are kept
 */
export function fetchNode(major, arch, { version, nodes = NODES } = {}) {
  const name = `node-linux-${arch}`;
  const prefix = join(nodes, arch === process.arch ? major : `${major}-${arch}`);
  const home = join(prefix, "node_modules", name);
  if (existsSync(join(home, "bin/node")) && (version === undefined || version === heldIn(home))) {
    return home;
  }
  console.error(`greenlit: fetching Node ${version ?? major} for ${arch} (once) ...`);
  // Beside, and put into place when it is there: what is kept stays if the fetch fails, and whoever
  // runs it goes on.
  const [beside, old] = [`${prefix}.new`, `${prefix}.old`];
  for (const folder of [beside, old]) rmSync(folder, { recursive: true, force: true });
  mkdirSync(beside, { recursive: true });
  const where = ["--prefix", beside, `--cpu=${arch}`, "--os=linux", "--force"];
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
  execFileSync("npm", ["install", ...where, ...quiet, `${name}@${version ?? major}`], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (existsSync(prefix)) renameSync(prefix, old);
  renameSync(beside, prefix);
  rmSync(old, { recursive: true, force: true });
  return home;
}

/**
 * The version of the Node in a folder, as its package says.
 * @param {string} home
 * @returns {string}
 */
function heldIn(home) {
  return JSON.parse(readFileSync(join(home, "package.json"), "utf8")).version;
}

/**
 * Compiles the addons for the Node in a folder.
 * @param {string} home
 */
export function compileFor(home) {
  for (const name of ["switcher", "backend"]) {
    execFileSync(process.execPath, [join(root, "scripts/build-native.mjs"), "--node", home], {
      cwd: join(root, "packages", name),
      stdio: ["ignore", "ignore", "inherit"],
    });
  }
}

/**
 * A program of a package's test/programs.
 * @typedef {object} Program
 * @property {string} name with the package's, as `core/gc.mjs`
 * @property {string} path
 */

/**
 * The programs of these packages whose names contain one of the parts.
 * @param {readonly string[]} packages
 * @param {readonly string[]} parts
 * @returns {Program[]}
 */
export function findPrograms(packages, parts) {
  return packages.flatMap((name) => {
    const folder = join(root, "packages", name, "test/programs");
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .filter((file) => file.endsWith(".mjs") && parts.some((part) => file.includes(part)))
      .map((file) => ({ name: `${name}/${file}`, path: join(folder, file) }));
  });
}
