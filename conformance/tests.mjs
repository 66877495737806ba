// Which files of Node's are run, and how Node has them run.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** What the patch touches, and what greenlets could break by their mere presence. */
export const PREFIXES = [
  "async-hooks",
  "async-local-storage",
  "child-process",
  "dns",
  "fs",
  "net",
  "timers",
  "zlib",
];

/**
 * @typedef {object} Test
 * @property {string} name without "test-" and without its ending, as `fs-realpath`
 * @property {string} prefix one of those asked for
 * @property {string} path
 * @property {readonly string[]} flags what it asks Node for, by a line `// Flags:`
 */

/**
 * @param {string} folder the folder `test` of a checkout of Node, or its parent
 * @param {readonly string[]} prefixes beginnings of names, as `fs`; a whole name is one too
 * @returns {Test[]} of `parallel`, sorted by name
 */
export function findTests(folder, prefixes) {
  const parallel = [join(folder, "parallel"), join(folder, "test", "parallel")].find((path) =>
    existsSync(path),
  );
  if (parallel === undefined) return [];
  return readdirSync(parallel)
    .toSorted()
    .flatMap((file) => {
      const name = /^test-(.*)\.m?js$/.exec(file)?.[1];
      const prefix = prefixes.find((one) => name === one || name?.startsWith(`${one}-`));
      if (name === undefined || prefix === undefined) return [];
      const path = resolve(parallel, file);
      return [{ name, prefix, path, flags: flagsIn(readFileSync(path, "utf8")) }];
    });
}

/** @param {string} source */
function flagsIn(source) {
  return [...source.matchAll(/^\/\/ Flags:(.*)$/gm)].flatMap(([, line = ""]) =>
    line.trim().split(/\s+/),
  );
}
