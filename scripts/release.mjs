// npm run release: publishes every package whose version the registry does not have yet.
//
// Refuses to start from files that are not committed, and before `npm run version`. It builds
// everything, with all binaries. A version that exists is left alone, so a release of which one
// package failed is taken up again by the same command. Arguments are those of prebuilds.mjs.
import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { publishedPackages } from "./published.mjs";
import { root, run } from "./workspace.mjs";

/** @param {string} message */
function refuse(message) {
  console.error(`greenlit: nothing was published: ${message}`);
  process.exit(1);
}

const dirty = execFileSync("git", ["status", "--porcelain"], { cwd: root, encoding: "utf8" });
if (dirty !== "") {
  refuse(`these files are not committed; commit or remove them:\n${dirty.trimEnd()}`);
}
const waiting = readdirSync(join(root, ".changeset")).filter((name) => name.endsWith(".md"));
if (waiting.length > 0) {
  refuse(
    `${waiting.length} changesets wait in .changeset; run \`npm run version\` and commit first`,
  );
}
run(process.execPath, [join(root, "scripts/prebuilds.mjs"), ...process.argv.slice(2)]);

const packages = publishedPackages(root);
/** Whether the registry has this version: asked, not taken from a cache. */
function isPublished(/** @type {import("./published.mjs").Published} */ { name, version }) {
  const args = ["view", `${name}@${version}`, "version", "--prefer-online", "--loglevel=silent"];
  return spawnSync("npm", args, { cwd: root, encoding: "utf8" }).stdout.trim() === version;
}

const wanted = packages.filter((one) => !isPublished(one));
if (wanted.length === 0) {
  console.log("greenlit: the registry has every version already; nothing was published");
  process.exit(0);
}
const { status } = spawnSync(
  process.execPath,
  [join(root, "node_modules/@changesets/cli/bin.js"), "publish"],
  { cwd: root, stdio: "inherit" },
);
const missing = wanted.filter((one) => !isPublished(one));
const named = (/** @type {readonly import("./published.mjs").Published[]} */ some) =>
  some.map(({ name, version }) => `${name}@${version}`).join(", ");
const there = wanted.filter((one) => !missing.includes(one));
if (there.length > 0) console.log(`greenlit: published ${named(there)}`);
if (missing.length > 0 || status !== 0) {
  console.error(
    `greenlit: the registry does not have ${named(missing) || "what was published yet"}; the ` +
      "reason is above. When it is mended, `npm run release` publishes only what is missing.",
  );
  process.exit(1);
}
