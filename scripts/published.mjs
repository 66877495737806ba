// The packages that are published: where they are, and what their package.json says.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * @typedef {object} Published
 * @property {string} name
 * @property {string} version
 * @property {string} folder below the root, as `packages/core`
 * @property {readonly string[]} needs the names of its dependencies and peers
 */

/**
 * @param {string} root of the repository
 * @returns {Published[]}
 */
export function publishedPackages(root) {
  return ["packages", "apps"].flatMap((group) =>
    readdirSync(join(root, group)).flatMap((entry) => {
      const folder = `${group}/${entry}`;
      const text = readFileSync(join(root, folder, "package.json"), "utf8");
      const { name, version, private: own, dependencies, peerDependencies } = JSON.parse(text);
      const needs = Object.keys({ ...dependencies, ...peerDependencies });
      return own ? [] : [{ name, version, folder, needs }];
    }),
  );
}

/**
 * The same packages, each behind those that it needs.
 * @param {readonly Published[]} packages
 * @returns {Published[]}
 */
export function inDependencyOrder(packages) {
  /** @type {Set<Published>} */
  const placed = new Set();
  const place = (/** @type {Published} */ one) => {
    for (const other of packages) if (one.needs.includes(other.name)) place(other);
    placed.add(one);
  };
  for (const one of packages) place(one);
  return [...placed];
}
