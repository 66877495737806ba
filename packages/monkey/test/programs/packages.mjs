// Packages that block, and know nothing of greenlets, become concurrent.
import assert from "node:assert";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { config, joinAll, run, spawn } from "@greenlit/core";
import { patchAll } from "@greenlit/monkey";

patchAll();
config.filesAtOnce = false; // so that every call lets the others run
const { default: fsExtra } = await import("fs-extra");
const { default: execa } = await import("execa");
const { default: crossSpawn } = await import("cross-spawn");
const { globSync } = await import("glob");
const { rimrafSync } = await import("rimraf");
const { default: writeFileAtomic } = await import("write-file-atomic");
const { cosmiconfigSync } = await import("cosmiconfig");
const { default: ts } = await import("typescript-js");
const sass = await import("sass");

const folder = fs.mkdtempSync(join(tmpdir(), "greenlit-packages-"));
process.on("exit", () => fs.rmSync(folder, { recursive: true }));

let pipes = 0;

/** A named pipe: who opens one end waits until somebody has the other one open. */
function pipe() {
  const path = join(folder, `pipe${pipes++}`);
  execFileSync("mkfifo", [path]);
  return path;
}

/** Both must be under way at the same time, or they wait for each other for ever. */
function meet(one, other) {
  const both = [spawn(one), spawn(other)];
  joinAll(both);
  return both.map((g) => g.get());
}

/** Calls `work` in eight greenlets. @returns how many were in the middle of it at a time. */
function overlap(work) {
  let [inside, most] = [0, 0];
  const all = Array.from({ length: 8 }, (_, i) =>
    spawn(() => {
      most = Math.max(most, ++inside);
      work(i);
      inside--;
    }),
  );
  joinAll(all);
  for (const greenlet of all) greenlet.get();
  return most;
}

/** A tree of files; its paths. */
function tree(name) {
  const paths = ["a/b/c.txt", "a/d.txt", "e.txt"].map((path) => join(folder, name, path));
  for (const path of paths) fsExtra.outputFileSync(path, path);
  return paths;
}

const tests = {
  "fs-extra": () => {
    const path = pipe();
    const [read] = meet(
      () => fsExtra.readJsonSync(path),
      () => fsExtra.writeJsonSync(path, { word: 1 }),
    );
    assert.deepEqual(read, { word: 1 });
    const most = overlap((i) => {
      const [path] = tree(`tree${i}`);
      fsExtra.copySync(join(folder, `tree${i}`), join(folder, `copy${i}`));
      fsExtra.moveSync(join(folder, `copy${i}`), join(folder, `moved${i}`));
      const moved = path.replace(`tree${i}`, `moved${i}`);
      assert.equal(fs.readFileSync(moved, "utf8"), path);
      fsExtra.emptyDirSync(join(folder, `moved${i}`));
      assert.deepEqual(fs.readdirSync(join(folder, `moved${i}`)), []);
    });
    assert.ok(most > 1, `${most} at a time`);
  },
  execa: () => {
    const path = pipe();
    const [read, written] = meet(
      () => execa.sync("cat", [path]),
      () => execa.commandSync(`tee ${path}`, { input: "word" }),
    );
    assert.deepEqual([read.stdout, written.exitCode], ["word", 0]);
    assert.throws(() => execa.sync("sh", ["-c", "echo why >&2; exit 3"]), {
      exitCode: 3,
      stderr: "why",
    });
  },
  "cross-spawn": () => {
    const path = pipe();
    const [read, written] = meet(
      () => crossSpawn.sync("cat", [path], { encoding: "utf8" }),
      () => crossSpawn.sync("sh", ["-c", 'echo word > "$0"', path]),
    );
    assert.deepEqual([read.stdout, written.status], ["word\n", 0]);
    assert.equal(crossSpawn.sync("/no/such").error.code, "ENOENT");
  },
  glob: () => {
    const paths = tree("glob").toSorted();
    const cwd = join(folder, "glob");
    const most = overlap(() => {
      const found = globSync("**/*.txt", { cwd, absolute: true });
      assert.deepEqual(found.toSorted(), paths);
    });
    assert.ok(most > 1, `${most} at a time`);
  },
  rimraf: () => {
    for (let i = 0; i < 8; i++) tree(`rimraf${i}`);
    const most = overlap((i) => rimrafSync(join(folder, `rimraf${i}`)));
    assert.ok(most > 1, `${most} at a time`);
    assert.deepEqual(
      fs.readdirSync(folder).filter((name) => name.startsWith("rimraf")),
      [],
    );
  },
  "write-file-atomic": () => {
    const most = overlap((i) => {
      writeFileAtomic.sync(join(folder, `atomic${i % 4}`), `text ${i % 4}`);
    });
    assert.ok(most > 1, `${most} at a time`);
    for (const i of [0, 1, 2, 3]) {
      assert.equal(fs.readFileSync(join(folder, `atomic${i}`), "utf8"), `text ${i}`);
    }
  },
  cosmiconfig: () => {
    const path = pipe();
    const [read] = meet(
      () => cosmiconfigSync("any").load(path),
      () => fs.writeFileSync(path, "word: 1"),
    );
    assert.deepEqual(read, { config: { word: 1 }, filepath: path });
    const inside = join(folder, "config/a/b");
    fs.mkdirSync(inside, { recursive: true });
    fs.writeFileSync(join(folder, "config/.anyrc"), "word: 2");
    const most = overlap(() => {
      assert.deepEqual(cosmiconfigSync("any").search(inside).config, { word: 2 });
    });
    assert.ok(most > 1, `${most} at a time`);
  },
  typescript: () => {
    const path = pipe();
    const [read] = meet(
      () => ts.sys.readFile(path),
      () => ts.sys.writeFile(path, "let word;"),
    );
    assert.equal(read, "let word;");
    const paths = tree("sys").toSorted();
    const most = overlap(() => {
      assert.deepEqual(ts.sys.readDirectory(join(folder, "sys"), [".txt"]).toSorted(), paths);
      assert.ok(paths.every((path) => ts.sys.fileExists(path)));
    });
    assert.ok(most > 1, `${most} at a time`);
  },
  sass: () => {
    const path = pipe();
    const [sheet, part] = ["sheet", "_part"].map((name) => join(folder, `${name}.scss`));
    fs.writeFileSync(part, "$word: red;");
    fs.writeFileSync(sheet, '@use "part"; a { color: part.$word; b: word() }');
    const compile = (word) => sass.compile(sheet, { functions: { "word()": word } }).css;
    const [css] = meet(
      () => compile(() => new sass.SassString(fs.readFileSync(path, "utf8"), { quotes: false })),
      () => fs.writeFileSync(path, "blue"),
    );
    assert.match(css, /color: red;\s+b: blue;/);
    const most = overlap(() => compile(() => sass.sassNull));
    assert.ok(most > 1, `${most} at a time`);
  },
};

await run(tests[process.argv[2]]);
console.log("pass");
