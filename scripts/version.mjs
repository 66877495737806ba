// npm run version: raises the versions and writes the changelogs, from the changesets.
//
// A package that was never released has 0.0.0. Its changesets tell of steps on the way, most of
// them of repairs of what nobody ever had; its first changelog is written by hand: what is below
// `## Unreleased` in its CHANGELOG.md. The changesets that this tells of are named in
// .changeset/told.json. What came later as `minor` is added at its end.
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import readChangesets from "@changesets/read";
import { publishedPackages } from "./published.mjs";
import { root, run } from "./workspace.mjs";

const NEVER_RELEASED = "0.0.0";
const UNRELEASED = "## Unreleased\n";
const TOLD = join(root, ".changeset/told.json");

/** @type {string[]} */
const told = existsSync(TOLD) ? JSON.parse(readFileSync(TOLD, "utf8")) : [];
const changesets = await readChangesets(root);
const first = publishedPackages(root)
  .filter(({ version }) => version === NEVER_RELEASED)
  .map(({ name, folder }) => {
    const path = join(root, folder, "CHANGELOG.md");
    const written = existsSync(path) ? readFileSync(path, "utf8").trimEnd() : "";
    if (!written.includes(UNRELEASED)) {
      console.error(
        `greenlit: ${folder}/CHANGELOG.md does not tell what ${name} can do: its first changelog ` +
          `is written by hand, below a line "${UNRELEASED.trimEnd()}"`,
      );
      process.exit(1);
    }
    const added = changesets
      .filter(({ id }) => !told.includes(id))
      .filter(({ releases }) => releases.some((one) => one.name === name && one.type === "minor"))
      .map(({ summary }) => `- ${summary.trim().replaceAll(/\n(?=.)/g, "\n  ")}\n`);
    return { folder, path, text: [`${written}\n`, ...added].join("\n") };
  });

run(process.execPath, [join(root, "node_modules/@changesets/cli/bin.js"), "version"]);
rmSync(TOLD, { force: true });
for (const { folder, path, text } of first) {
  const { version } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
  // In place of what the changesets alone would say.
  writeFileSync(
    path,
    version === NEVER_RELEASED ? text : text.replace(UNRELEASED, `## ${version}\n`),
  );
}
// `npm ci` takes no lock file with other versions than the packages have.
run("npm", ["install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"]);
