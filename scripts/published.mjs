// The packages that are published: where they are, and what their package.json says.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * @typedef {object} Published
 * @property {string} name
 * @property {string} version
 * @property {string} description
 * @property {string} folder below the root, as `packages/core`
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
      const { name, version, description, private: own } = JSON.parse(text);
      return own ? [] : [{ name, version, description, folder }];
    }),
  );
}
