// npm run release: publishes every package whose version the registry does not have yet.
//
// Refuses to start from files that are not committed, and before `npm run version`. It builds
// everything, with all binaries. Then each package in turn, behind those that it needs: a user
// never gets one whose dependencies are not there. At the first that fails it stops. A version that
// exists is left alone, so the same command takes it up again; it also sets what a run that was cut
// off has not: git's tag, and npm's `latest`. Arguments are those of prebuilds.mjs.
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { inDependencyOrder, publishedPackages } from "./published.mjs";
import { root, run } from "./workspace.mjs";

/** @typedef {import("./published.mjs").Published} Published */

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  console.error(`greenlit: ${message}`);
  process.exit(1);
}

const git = (/** @type {string[]} */ ...args) =>
  execFileSync("git", args, { cwd: root, encoding: "utf8" }).trimEnd();

const dirty = git("status", "--porcelain");
if (dirty !== "") {
  fail(`nothing was published: these files are not committed; commit or remove them:\n${dirty}`);
}
const waiting = readdirSync(join(root, ".changeset")).filter((name) => name.endsWith(".md"));
if (waiting.length > 0) {
  fail(
    `nothing was published: ${waiting.length} changesets wait in .changeset; run ` +
      "`npm run version` and commit first",
  );
}
run(process.execPath, [join(root, "scripts/prebuilds.mjs"), ...process.argv.slice(2)]);
// Only now: it is one of the packages that are built.
const { isNewer } = await import(join(root, "packages/switcher/dist/proved.js"));

/**
 * What the registry has of a version.
 * @typedef {object} Held
 * @property {string} [gitHead] the commit it comes from
 * @property {{ latest?: string }} dist-tags
 */

/**
 * Asks the registry, not a cache.
 * @param {Published} one
 * @returns {Promise<Held | null>} null: it does not have this version
 */
function lookUp({ name, version }) {
  const fields = ["version", "gitHead", "dist-tags"];
  const args = ["view", `${name}@${version}`, ...fields, "--json", "--prefer-online"];
  return new Promise((resolve) => {
    execFile("npm", [...args, "--loglevel=silent"], { cwd: root }, (error, stdout) => {
      const answer = stdout.trim() === "" ? {} : JSON.parse(stdout);
      if (answer.version === version) return resolve(answer);
      const { code, summary } = answer.error ?? {};
      if (error === null || code === "E404") return resolve(null);
      fail(`nothing was published: asking for ${name}: ${summary ?? error.message}`);
    });
  });
}

const packages = inDependencyOrder(publishedPackages(root));
const held = await Promise.all(packages.map(lookUp));
const wanted = packages.filter((_, at) => held[at] === null);
const idOf = (/** @type {Published} */ { name, version }) => `${name}@${version}`;
const tags = git("tag").split("\n");

for (const [at, one] of packages.entries()) {
  const id = idOf(one);
  const there = held[at];
  if (!there) {
    // npm gives it the tag `latest`.
    const { status } = spawnSync("npm", ["publish", `--workspace=${one.name}`], {
      cwd: root,
      stdio: "inherit",
    });
    if (status !== 0) {
      const missing = wanted.slice(wanted.indexOf(one)).map(idOf);
      fail(
        `the registry does not have ${missing.join(", ")}; what npm says of ${id} is above. When ` +
          "it is mended, `npm run release` publishes only what is missing.",
      );
    }
    console.log(`greenlit: published ${id}`);
  } else if (isNewer(one.version, there["dist-tags"].latest ?? "0.0.0")) {
    run("npm", ["dist-tag", "add", id, "latest"]);
    console.log(`greenlit: ${id} is npm's latest again`);
  }
  if (!tags.includes(id)) {
    const commit = there?.gitHead ?? "HEAD";
    git("tag", id, commit);
    console.log(`greenlit: tagged ${id} at ${git("rev-parse", "--short", commit)}`);
  }
}
if (wanted.length === 0) {
  console.log("greenlit: the registry has every version already; nothing was published");
}
