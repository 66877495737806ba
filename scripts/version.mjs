// npm run version: raises the versions and writes the changelogs, from the changesets.
//
// A package that was never released has 0.0.0. Its changesets tell of steps on the way, some of
// repairs of what nobody ever had. Its first changelog is what it can do: what is in them as
// `minor`, without the repairs.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { publishedPackages } from "./published.mjs";
import { root, run } from "./workspace.mjs";

const NEVER_RELEASED = "0.0.0";

/**
 * @param {string} changelog of one version, as changesets writes it
 * @param {import("./published.mjs").Published} of
 */
function foldFirst(changelog, { name, version, description }) {
  const minor = /^### Minor Changes\n\n([^]*?)(?=^### |(?![^]))/m.exec(changelog)?.[1] ?? "";
  const entries = minor
    .split(/^- (?:[0-9a-f]{7,}: )?/m)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "" && !entry.startsWith("The first release"));
  const lines = entries.map((entry) => `- ${entry}\n`);
  return `# ${name}\n\n## ${version}\n\nThe first release. ${description}\n\n${lines.join("")}`;
}

const first = publishedPackages(root).filter(({ version }) => version === NEVER_RELEASED);
run(process.execPath, [join(root, "node_modules/@changesets/cli/bin.js"), "version"]);
const names = new Set(first.map(({ name }) => name));
for (const one of publishedPackages(root)) {
  if (!names.has(one.name) || one.version === NEVER_RELEASED) continue;
  const path = join(root, one.folder, "CHANGELOG.md");
  writeFileSync(path, `${foldFirst(readFileSync(path, "utf8"), one).trimEnd()}\n`);
}
// `npm ci` takes no lock file with other versions than the packages have.
run("npm", ["install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"]);
