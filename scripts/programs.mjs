// What the scripts share that run the whole programs of test/programs on other Nodes than the running one.
import { execFileSync } from "node:child_process";
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
