// npm run check:changesets: does every change of a published package carry a changeset?
//
//   node scripts/changesets.mjs [--since main]
//
// Compares the current folder's repository with where its branch left another one. What users get
// is looked at: sources, native code, package.json. A package needs a changeset, written since,
// that names it; an empty one (`npx changeset --empty`) says that users notice nothing. A package
// whose version was raised is being released, and needs none.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { publishedPackages } from "./published.mjs";

const { values: options } = parseArgs({ options: { since: { type: "string", default: "main" } } });
const root = process.cwd();
const git = (/** @type {string[]} */ ...args) =>
  execFileSync("git", args, { cwd: root, encoding: "utf8" }).split("\n").filter(Boolean);

const [base = ""] = git("merge-base", options.since, "HEAD");
const changed = [
  ...git("diff", "--name-only", base),
  ...git("ls-files", "--others", "--exclude-standard"),
];

/** The packages that a changeset names; none in one that is empty. */
function namesIn(/** @type {string} */ text) {
  const head = /^---\n([^]*?)^---$/m.exec(text)?.[1] ?? "";
  return [...head.matchAll(/^["']?([^"':\n]+)["']?: *(?:patch|minor|major)$/gm)].map(
    ([, name = ""]) => name,
  );
}

function versionThen(/** @type {string} */ folder) {
  try {
    return JSON.parse(git("show", `${base}:${folder}/package.json`).join("\n")).version;
  } catch {
    return undefined; // a new package
  }
}

const written = changed
  .filter((path) => /^\.changeset\/[^/]+\.md$/.test(path) && existsSync(join(root, path)))
  .map((path) => namesIn(readFileSync(join(root, path), "utf8")));
const named = new Set(written.flat());
const nothingNoticed = written.some((names) => names.length === 0);
const published = /^(src|native)\/|^(package\.json|binding\.gyp|install\.mjs)$/;
const missing = publishedPackages(root).filter(({ name, folder, version }) => {
  const touched = changed.some(
    (path) => path.startsWith(`${folder}/`) && published.test(path.slice(folder.length + 1)),
  );
  if (!touched || named.has(name) || nothingNoticed) return false;
  return [undefined, version].includes(versionThen(folder));
});
if (missing.length > 0) {
  console.error(
    `greenlit: these packages have changed since ${options.since}, and no changeset names them: ` +
      `${missing.map(({ name }) => name).join(", ")}\n` +
      "`npx changeset` writes one; `npx changeset --empty` says that users notice nothing.",
  );
  process.exitCode = 1;
}
