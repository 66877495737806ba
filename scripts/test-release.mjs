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

const FIRST = "0.1.0";
const PATCH = "0.1.1";
/** Fails in the first, half-done release: others depend on it, and it depends on others. */
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
    writeFileSync(
      join(tree, ".changeset/waiting.md"),
      '---\n"@greenlit/crawler": patch\n---\n\nNothing.\n',
    );
    git("add", "-A");
    git("commit", "-qm", "Waiting");
    assert.match(release(true), /nothing was published: \d+ changesets? waits? in \.changeset/);
    git("reset", "-q", "--hard", "HEAD~1");
  });

  step(`npm run version: everything is ${FIRST}`, () => {
    commitVersions();
    for (const { name, version, folder, description } of publishedPackages(tree)) {
      assert.equal(version, FIRST, name);
      const changelog = readFileSync(join(tree, folder, "CHANGELOG.md"), "utf8");
      assert.match(changelog, new RegExp(`^# ${name}\n\n## ${FIRST}\n\nThe first release\\. `));
      assert.ok(changelog.includes(description), name);
      assert.doesNotMatch(changelog, /### |Updated dependencies/);
    }
  });

  step("a release from files that are not committed is refused", () => {
    writeFileSync(join(tree, "stray.txt"), "not committed\n");
    assert.match(release(true), /nothing was published: .*not committed[^]*\?\? stray\.txt/);
    rmSync(join(tree, "stray.txt"));
  });

  step("a release of which one package fails says which", () => {
    const output = release(true);
    assert.match(output, /the registry does not have @greenlit\/net@0\.1\.0;/);
    assert.match(output, /published .*@greenlit\/core@0\.1\.0/);
  });

  await registry.stop();
  registry = await startRegistry(join(outside, "registry"), { port });

  step("and is taken up again", () => {
    const before = view(`@greenlit/core@${FIRST}`, "dist.integrity");
    assert.match(release(false), /greenlit: published @greenlit\/net@0\.1\.0$/m);
    for (const { name } of publishedPackages(tree)) assert.equal(view(name, "version"), FIRST);
    assert.equal(view(`@greenlit/core@${FIRST}`, "dist.integrity"), before);
  });

  step("a version that exists is not overwritten", () => {
    const before = view(`greenlit@${FIRST}`, "dist.integrity");
    writeFileSync(join(tree, "packages/greenlit/README.md"), "Another text.\n");
    git("commit", "-qam", "Another text, the same version");
    assert.match(release(false), /nothing was published/);
    assert.equal(view(`greenlit@${FIRST}`, "dist.integrity"), before);
    git("reset", "-q", "--hard", "HEAD~1");
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
    crawler = true,
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
    if (crawler) assert.match(start("greenlit-crawl", "--demo", "--max-pages", "20"), /20/);
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
      const crawl = ["--yes", "--package", "@greenlit/crawler", "greenlit-crawl", "--demo"];
      assert.match(told("npx", [...crawl, "--max-pages", "20"], { cwd: empty, env }), /20/);
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

  step(`${PATCH} is published`, () => {
    writeFileSync(
      join(tree, ".changeset/a-patch.md"),
      '---\n"@greenlit/core": patch\n---\n\nA repair that only this test makes.\n',
    );
    git("add", "-A");
    git("commit", "-qm", "A repair");
    commitVersions();
    assert.match(release(false), new RegExp(`greenlit: published .*greenlit@${PATCH}`));
    const changelog = readFileSync(join(tree, "packages/core/CHANGELOG.md"), "utf8");
    assert.match(
      changelog,
      /## 0\.1\.1\n\n### Patch Changes[^]*only this test makes[^]*## 0\.1\.0\n/,
    );
  });
  step(`Node ${firstMajor}: the upgrade to it`, () => {
    const cwd = join(outside, `app-${firstMajor}`);
    const quiet = ["--no-audit", "--no-fund", "--prefer-online"];
    told("npm", ["update", ...quiet], { cwd, env: firstUser });
    for (const name of ["greenlit", "@greenlit/core", "@greenlit/switcher"]) {
      assert.equal(versionIn(cwd, name), PATCH, name);
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
