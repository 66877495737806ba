// npm run test:release: is what we release what users can install, run and upgrade?
//
//   node scripts/test-release.mjs [--nodes 20,24] [--archs x64]
//
// In a copy of the tree the versions are raised, and everything is published to a registry on this
// machine: as it should be, and as it should not. Then a user's empty folder outside of the
// repository, with no compiler on the PATH: installs, the README's program, the doctor, a crawl,
// npx; on every Node, with npm, pnpm and Yarn; and an upgrade to a patch. Installs the cross
// compiler with apt-get if it is missing and it may. Exits with 1 at the first thing that is wrong.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fetchNode, MAJORS } from "./programs.mjs";
import { publishedPackages } from "./published.mjs";
import { startRegistry } from "./registry.mjs";
import { install, root, run } from "./workspace.mjs";

/** Fails in the half-done release: others depend on it, and it depends on others. */
const HALFWAY = "@greenlit/net";
const PROGRAM = "three-files-three-pages.mjs";
const CROSS = "g++-aarch64-linux-gnu";
const NPM = realpathSync(execFileSync("sh", ["-c", "command -v npm"], { encoding: "utf8" }).trim());

const { values: options } = parseArgs({
  options: {
    nodes: { type: "string", default: MAJORS.join() },
    archs: { type: "string", default: "x64,arm64" },
  },
});

/** What this process was given by npm, and a user's was not. */
const bare = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_|GREENLIT_|CI$)/i.test(name)),
);

const started = performance.now();
let done = 0;
/**
 * One thing that is checked; what it prints is shown if it fails.
 * @template T
 * @param {string} what
 * @param {() => T} check
 */
function step(what, check) {
  const start = performance.now();
  const result = check();
  done++;
  console.log(`ok ${what} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
  return result;
}

/**
 * Runs a command; throws with all that it printed unless it ends as it should.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd: string, env: NodeJS.ProcessEnv, fails?: boolean }} how
 */
function told(command, args, { cwd, env, fails = false }) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    env,
    encoding: "utf8",
    maxBuffer: 2 ** 28,
    timeout: 600_000,
  });
  const output = `${stdout}${stderr}`;
  if (error !== undefined || (status !== 0) !== fails) {
    const end = error?.message ?? `exit code ${status}`;
    throw new Error(`${[command, ...args].join(" ")} ended with ${end}\n${output}`);
  }
  return output;
}

/** The tree with its dependencies and builds, as a repository of its own. */
function copyTree(/** @type {string} */ copy) {
  mkdirSync(copy);
  const sh = (/** @type {string} */ code) => run("sh", ["-ec", code, "sh", copy]);
  sh('git ls-files -coz --exclude-standard | xargs -0 cp -a --parents -t "$1"');
  sh('cp -al node_modules "$1"');
  // Turbo writes there, and npm looks at its age: not what is shared.
  const lock = join(copy, "node_modules/.package-lock.json");
  unlinkSync(lock);
  copyFileSync(join(root, "node_modules/.package-lock.json"), lock);
  sh(
    "for made in packages/*/dist packages/*/prebuilds packages/*/node_modules apps/*/dist " +
      'apps/*/node_modules; do [ ! -e "$made" ] || cp -a --parents "$made" "$1"; done',
  );
  // Folders are as new as what was copied into them last, and binaries must be newer than those.
  sh('find "$1"/packages/*/prebuilds -name "*.node" -exec touch {} +');
  mkdirSync(join(copy, ".cache"));
  symlinkSync(join(root, ".cache/nodes"), join(copy, ".cache/nodes"));
}

/** A folder for the PATH with one Node and npm, and nothing that compiles. */
function programsFor(/** @type {string} */ folder, /** @type {string} */ home) {
  mkdirSync(folder, { recursive: true });
  symlinkSync(join(home, "bin/node"), join(folder, "node"));
  for (const name of ["sh", "env", "sed", "uname", "dirname", "basename"]) {
    symlinkSync(
      execFileSync("sh", ["-c", `command -v ${name}`])
        .toString()
        .trim(),
      join(folder, name),
    );
  }
  for (const name of ["npm", "npx"]) {
    const cli = join(NPM, `../${name}-cli.js`);
    writeFileSync(join(folder, name), `#!/bin/sh\nexec node '${cli}' "$@"\n`, { mode: 0o755 });
  }
  return folder;
}

/** A user's folder with the README's program and the files it reads. */
function emptyFolder(/** @type {string} */ folder) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
  writeFileSync(join(folder, "turbo.json"), "{}\n");
  copyFileSync(join(root, "LICENSE"), join(folder, "LICENSE"));
  copyFileSync(join(root, "examples", PROGRAM), join(folder, PROGRAM));
  return folder;
}

/** A short crawl of the bundled site. */
const CRAWL = ["greenlit-crawl", "--demo", "--max-pages", "20", "--json", "--quiet"];
/** Every page was asked for; which of them there are depends on what is at the front first. */
function checkCrawl(/** @type {string} */ output) {
  const { pages, failed, interrupted } = JSON.parse(output.slice(output.indexOf("{")));
  assert.equal(pages + failed, 20, output);
  assert.ok(pages > 10 && !interrupted, output);
}

const versionIn = (/** @type {string} */ folder, /** @type {string} */ name) =>
  JSON.parse(readFileSync(join(folder, "node_modules", name, "package.json"), "utf8")).version;

if (process.platform !== "linux") {
  console.error("greenlit: the test of a release needs Linux: it builds for that");
  process.exit(2);
}
if (
  options.archs.includes("arm64") &&
  spawnSync("aarch64-linux-gnu-g++", ["--version"]).status !== 0
) {
  const sudo = process.getuid?.() === 0 ? "" : "sudo ";
  const get = `${sudo}apt-get install -y -qq --no-install-recommends ${CROSS}`;
  run("sh", ["-ec", `${sudo}apt-get update -qq; DEBIAN_FRONTEND=noninteractive ${get}`], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}
install();
mkdirSync(join(root, ".cache"), { recursive: true });
const archs = ["--archs", options.archs];
run(process.execPath, [join(root, "scripts/prebuilds.mjs"), ...archs]);

// On the same disk as the dependencies, which then need not be copied; and a user's, outside.
const copy = mkdtempSync(join(root, ".cache/release-"));
const tree = join(copy, "tree");
const outside = mkdtempSync(join(tmpdir(), "greenlit-release-"));
/** @type {Awaited<ReturnType<typeof startRegistry>> | undefined} */
let registry;

try {
  registry = await startRegistry(join(outside, "registry"), { refuses: HALFWAY });
  const { port, url } = registry;
  const npmrc = join(outside, "npmrc");
  writeFileSync(npmrc, `registry=${url}\n//127.0.0.1:${port}/:_authToken=nobody-checks-this\n`);
  const who = { NAME: "greenlit", EMAIL: "greenlit@localhost" };
  const ours = {
    ...bare,
    ...Object.fromEntries(
      Object.entries(who).flatMap(([key, value]) => [
        [`GIT_AUTHOR_${key}`, value],
        [`GIT_COMMITTER_${key}`, value],
      ]),
    ),
    GIT_CONFIG_GLOBAL: "/dev/null",
    npm_config_cache: join(outside, "npm-cache"),
    npm_config_userconfig: npmrc,
    npm_config_registry: url,
    npm_config_provenance: "false",
  };
  const inTree = { cwd: tree, env: ours };
  const git = (/** @type {string[]} */ ...args) => told("git", args, inTree);
  const release = (/** @type {boolean} */ fails) =>
    told("npm", ["run", "release", "--", ...archs], { ...inTree, fails });
  const view = (/** @type {string} */ name, /** @type {string} */ field) =>
    told("npm", ["view", name, field, "--prefer-online"], inTree).trim();
  const commitVersions = () => {
    told("npm", ["run", "version"], inTree);
    // The lock file fits what the packages say now.
    told("npm", ["ci", "--dry-run", "--ignore-scripts", "--no-audit"], inTree);
    const now = new Date();
    utimesSync(join(tree, "node_modules/.package-lock.json"), now, now);
    git("add", "-A");
    git("commit", "-qm", "Release");
  };

  step("a copy of the tree", () => {
    copyTree(tree);
    git("init", "-q", "-b", "main");
    git("add", "-A");
    git("commit", "-qm", "All");
  });

  step("a release before `npm run version` is refused", () => {
    const everyone = publishedPackages(tree).map(({ name }) => `"${name}": minor\n`);
    writeFileSync(
      join(tree, ".changeset/everyone.md"),
      `---\n${everyone.join("")}---\n\nA change that only this test makes.\n`,
    );
    git("add", "-A");
    git("commit", "-qm", "A change of everything");
    assert.match(release(true), /nothing was published: \d+ changesets wait in \.changeset/);
  });

  step("npm run version raises everything and tells of it", () => {
    const before = new Map(publishedPackages(tree).map(({ name, version }) => [name, version]));
    commitVersions();
    for (const { name, version, folder } of publishedPackages(tree)) {
      assert.notEqual(version, before.get(name), name);
      if (before.get(name) === "0.0.0") assert.equal(version, "0.1.0", name);
      const changelog = readFileSync(join(tree, folder, "CHANGELOG.md"), "utf8");
      assert.match(changelog, new RegExp(`^# ${name}\n\n## ${version}\n\n`));
      assert.ok(changelog.includes("- A change that only this test makes."), changelog);
    }
  });
  const first = versionIn(tree, "greenlit");

  step("a release from files that are not committed is refused", () => {
    writeFileSync(join(tree, "stray.txt"), "not committed\n");
    assert.match(release(true), /nothing was published: .*not committed[^]*\?\? stray\.txt/);
    rmSync(join(tree, "stray.txt"));
  });

  step("a release of which one package fails says which, and publishes none that needs it", () => {
    const output = release(true);
    assert.match(
      output,
      new RegExp(`the registry does not have ${HALFWAY}@${first}, .*greenlit@${first}`),
    );
    assert.match(output, new RegExp(`^greenlit: published @greenlit/core@${first}$`, "m"));
    assert.match(told("npm", ["view", "greenlit"], { ...inTree, fails: true }), /E404/);
    // As if it had been cut off between the two.
    git("tag", "-d", `@greenlit/core@${first}`);
  });

  await registry.stop();
  registry = await startRegistry(join(outside, "registry"), { port });

  step("and is taken up again", () => {
    const before = view(`@greenlit/core@${first}`, "dist.integrity");
    const output = release(false);
    assert.match(output, new RegExp(`^greenlit: published ${HALFWAY}@${first}$`, "m"));
    assert.doesNotMatch(output, /greenlit: published @greenlit\/core@/);
    for (const { name, version } of publishedPackages(tree)) {
      assert.equal(view(name, "version"), version);
      assert.equal(git("rev-parse", `${name}@${version}`), git("rev-parse", "HEAD"), name);
    }
    assert.equal(view(`@greenlit/core@${first}`, "dist.integrity"), before);
  });

  /** What a user's programs see: one Node, npm, and this registry. */
  const userOf = (/** @type {string} */ major) => ({
    PATH: programsFor(join(outside, `programs-${major}`), fetchNode(major, process.arch)),
    HOME: join(outside, `home-${major}`),
    npm_config_cache: join(outside, "user-cache"),
    npm_config_registry: url,
    npm_config_update_notifier: "false",
  });
  /** Whether what is installed in a folder works. `how` starts a program of a package. */
  const works = (
    /** @type {string} */ cwd,
    /** @type {NodeJS.ProcessEnv} */ env,
    /** @type {readonly string[]} */ how,
  ) => {
    const [command = "", ...before] = how;
    const start = (/** @type {string[]} */ ...args) =>
      told(command, [...before, ...args], { cwd, env });
    assert.match(start("greenlit", "run", PROGRAM), /3 pages and 3 files in \d+ ms/);
    const output = start("greenlit", "doctor", "--json");
    const found = JSON.parse(output.slice(output.indexOf("{"), output.lastIndexOf("}") + 1));
    assert.equal(found.problem, null);
    assert.equal(found.switcher.driver, "direct");
    assert.equal(
      found.backends.available.find((/** @type {{ name: string }} */ { name }) => name === "epoll")
        .reason,
      null,
    );
    checkCrawl(start(...CRAWL));
  };

  const users = new Map(options.nodes.split(",").map((major) => [major, userOf(major)]));
  for (const [major, env] of users) {
    const cwd = emptyFolder(join(outside, `app-${major}`));
    step(`Node ${major}: npm install, the README's program, doctor, a crawl`, () => {
      assert.equal(
        told("node", ["-p", "process.versions.node"], { cwd, env }).split(".")[0],
        major,
      );
      for (const name of ["cc", "g++", "make", "python3"]) {
        assert.ok(!existsSync(join(env.PATH, name)));
      }
      told("npm", ["install", "greenlit", "@greenlit/crawler", "--no-audit", "--no-fund"], {
        cwd,
        env,
      });
      for (const name of ["switcher", "backend"]) {
        assert.ok(!existsSync(join(cwd, `node_modules/@greenlit/${name}/build`)));
      }
      works(cwd, env, ["npx", "--no-install"]);
    });
    step(`Node ${major}: npx without installing`, () => {
      const empty = join(outside, `empty-${major}`);
      mkdirSync(empty);
      const doctor = told("npx", ["--yes", "greenlit", "doctor"], { cwd: empty, env });
      assert.match(doctor, /greenlets run here/i);
      const crawl = ["--yes", "--package", "@greenlit/crawler", ...CRAWL];
      checkCrawl(told("npx", crawl, { cwd: empty, env }));
    });
  }

  const [[firstMajor, firstUser] = ["", userOf("20")]] = users;
  step("npm install where no binary fits ends with what is missing", () => {
    const cwd = emptyFolder(join(outside, "elsewhere"));
    const env = { ...firstUser, LIBC: "musl" };
    const output = told("npm", ["install", "greenlit"], { cwd, env, fails: true });
    const end = output.trimEnd().split("\n").slice(-12).join("\n");
    assert.match(end, /greenlit has no native part for Node v[\d.]+ on linux \w+ \(musl\)/);
    assert.match(end, /There is no Python 3, no make, no C\+\+ compiler on the PATH/);
  });

  /** Other package managers: what installs, and how programs are started then. */
  const managers = [
    { name: "pnpm@10", args: ["add", "greenlit", "@greenlit/crawler"], start: ["exec"] },
    { name: "yarn@1", args: ["add", "greenlit", "@greenlit/crawler"], start: ["run", "--silent"] },
    {
      name: "@yarnpkg/cli-dist@4",
      args: ["add", "greenlit", "@greenlit/crawler"],
      start: ["run"],
    },
  ];
  for (const { name, args, start } of managers) {
    step(`Node ${firstMajor}: ${name}`, () => {
      const cwd = emptyFolder(join(outside, name.replaceAll(/\W+/g, "-")));
      // A program of the user's own, so that npx's environment is not that of what it starts.
      const tool = join(outside, "managers");
      const env = {
        ...firstUser,
        YARN_REGISTRY: url,
        YARN_NPM_REGISTRY_SERVER: url,
        YARN_UNSAFE_HTTP_WHITELIST: "127.0.0.1",
        YARN_NODE_LINKER: "node-modules",
        YARN_ENABLE_TELEMETRY: "0",
        YARN_ENABLE_IMMUTABLE_INSTALLS: "0",
        YARN_NPM_MINIMAL_AGE_GATE: "0",
      };
      const get = ["install", "--prefix", tool, "--no-audit", "--no-fund", name];
      told("npm", get, { cwd: outside, env });
      const bin = name.startsWith("pnpm") ? "pnpm" : "yarn";
      const command = name.startsWith("@yarnpkg")
        ? ["node", join(tool, "node_modules/@yarnpkg/cli-dist/bin/yarn.js")]
        : [
            "node",
            realpathSync(
              join(tool, "node_modules", bin, "bin", bin === "pnpm" ? "pnpm.cjs" : "yarn.js"),
            ),
          ];
      if (name.startsWith("@yarnpkg")) writeFileSync(join(cwd, "yarn.lock"), "");
      told(command[0] ?? "", [...command.slice(1), ...args], { cwd, env });
      works(cwd, env, [...command, ...start]);
    });
  }

  step("a patch is published", () => {
    writeFileSync(
      join(tree, ".changeset/a-patch.md"),
      '---\n"@greenlit/core": patch\n---\n\nA repair that only this test makes.\n',
    );
    git("add", "-A");
    git("commit", "-qm", "A repair");
    commitVersions();
    const patch = versionIn(tree, "greenlit");
    assert.match(release(false), new RegExp(`^greenlit: published greenlit@${patch}$`, "m"));
    const changelog = readFileSync(join(tree, "packages/core/CHANGELOG.md"), "utf8");
    const told = `## ${patch}\n\n### Patch Changes\n[^]*A repair that only[^]*\n## ${first}\n`;
    assert.match(changelog, new RegExp(told));
  });
  const patch = versionIn(tree, "greenlit");
  step("a version that exists is not overwritten, and npm's latest is mended", () => {
    const before = view(`greenlit@${patch}`, "dist.integrity");
    writeFileSync(join(tree, "packages/greenlit/README.md"), "Another text.\n");
    git("commit", "-qam", "Another text, the same version");
    told("npm", ["dist-tag", "add", `greenlit@${first}`, "latest"], inTree);
    const output = release(false);
    assert.match(output, /nothing was published/);
    assert.match(output, new RegExp(`greenlit@${patch} is npm's latest again`));
    assert.equal(view(`greenlit@${patch}`, "dist.integrity"), before);
    assert.equal(view("greenlit", "dist-tags.latest"), patch);
  });
  step(`Node ${firstMajor}: the upgrade to it`, () => {
    const cwd = join(outside, `app-${firstMajor}`);
    const quiet = ["--no-audit", "--no-fund", "--prefer-online"];
    told("npm", ["update", ...quiet], { cwd, env: firstUser });
    for (const name of ["greenlit", "@greenlit/core", "@greenlit/switcher"]) {
      assert.equal(versionIn(cwd, name), patch, name);
    }
    // One copy of each: the crawler takes the new one, too.
    works(cwd, firstUser, ["npx", "--no-install"]);
    const found = told("npx", ["--no-install", "greenlit", "doctor"], { cwd, env: firstUser });
    assert.doesNotMatch(found, /copies of/);
  });
} finally {
  await registry?.stop();
  for (const folder of [copy, outside]) rmSync(folder, { recursive: true, force: true });
}
const seconds = Math.round((performance.now() - started) / 1000);
console.log(`${done} steps in ${seconds} s: all passed`);
