// npm run lint: comments are at most 100 columns wide, as .editorconfig says. oxfmt and
// clang-format see to code, and leave comments as they are. Tables in Markdown cannot be broken,
// and are not read.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { root } from "./workspace.mjs";

const WIDTH = 100;
const SOURCES = /\.([cm]?[jt]s|cc|h)$/;

/** A line that is a comment, or ends in one. */
const COMMENT = /^\s*(\/\/|\/?\*)|\s\/\/\s|\*\/$/;

/** A row of a table in a docstring, which cannot be broken either. */
const TABLE = /^\s*\* \|.*\|$/;

/**
 * The numbers of the lines whose comments are too wide.
 * @param {string} text
 * @returns {number[]}
 */
export function wideComments(text) {
  const isWide = (/** @type {string} */ line) =>
    [...line].length > WIDTH && COMMENT.test(line) && !TABLE.test(line);
  return text.split("\n").flatMap((line, i) => (isWide(line) ? [i + 1] : []));
}

/** @returns {string[]} where they are in the files of the repository */
function findWide() {
  const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
  }).split("\n");
  return files
    .filter((path) => SOURCES.test(path) && existsSync(root + path))
    .flatMap((path) => {
      const lines = wideComments(readFileSync(root + path, "utf8"));
      return lines.map((line) => `${path}:${line}: a comment wider than ${WIDTH} columns`);
    });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const wide = findWide();
  for (const line of wide) console.error(line);
  process.exitCode = wide.length === 0 ? 0 : 1;
}
