// What users get: every package packed, installed from the tarballs in an empty folder, and used
// there.
import { execFileSync, spawnSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** Released together, with one version. */
const FIXED = ["switcher", "core", "backend", "fs", "net", "monkey", "greenlit"].map(
  (n) => `packages/${n}`,
);
const PACKAGES = [...FIXED, "packages/testing"];
const EXAMPLE = "three-files-three-pages.mjs";

const folder = mkdtempSync(join(tmpdir(), "greenlit-packages-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function npm(args: string[], cwd: string): string {
  return execFileSync("npm", [...args, "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd,
    encoding: "utf8",
  });
}

describe("the packed packages", () => {
  const app = join(folder, "app");

  beforeAll(() => {
    for (const path of [...PACKAGES, "apps/crawler"]) {
      npm(["pack", "--pack-destination", folder], join(ROOT, path));
    }
    const tarballs = readdirSync(folder).filter((name) => name.endsWith(".tgz"));
    expect(tarballs).toHaveLength(PACKAGES.length + 1);
    execFileSync("mkdir", [app]);
    writeFileSync(join(app, "package.json"), '{ "private": true, "type": "module" }\n');
    npm(["install", ...tarballs.map((name) => join(folder, name))], app);
    copyFileSync(join(ROOT, "examples", EXAMPLE), join(app, EXAMPLE));
    copyFileSync(join(ROOT, "LICENSE"), join(app, "LICENSE"));
    writeFileSync(join(app, "turbo.json"), "{}\n");
  }, 300_000);

  const bin = (name: string): string => join(app, "node_modules/.bin", name);

  it("run the README's program", () => {
    const output = execFileSync(bin("greenlit"), ["run", EXAMPLE], { cwd: app, encoding: "utf8" });
    expect(output).toContain("/three: 14 characters");
    expect(output.trimEnd().split("\n")).toHaveLength(7);
    // One after the other, the pages alone would take 900 ms.
    expect(Number(/3 pages and 3 files in (\d+) ms\n$/.exec(output)?.[1])).toBeLessThan(900);
  });

  it("say what TypeScript needs, where Node cannot read it and tsx is not installed", () => {
    expect(existsSync(join(app, "node_modules/tsx"))).toBe(false);
    writeFileSync(join(app, "app.ts"), "enum Level { Low, High }\nconsole.log(Level.High);\n");
    const { status, stderr } = spawnSync(bin("greenlit"), ["run", "app.ts"], {
      cwd: app,
      encoding: "utf8",
    });
    expect(stderr).toContain("npm install --save-dev tsx");
    expect(stderr).toContain(join(app, "app.ts"));
    expect(status).toBe(1);
  });

  it("pass greenlit doctor", () => {
    const found = JSON.parse(
      execFileSync(bin("greenlit"), ["doctor", "--json"], { encoding: "utf8" }),
    );
    expect(found.problem).toBeNull();
    expect(found.switcher.driver).toBe("direct");
    expect(found.switcher.selfTest.every((step: { ok: boolean }) => step.ok)).toBe(true);
  });

  it("test greenlets with a fake clock, and run programs", () => {
    writeFileSync(
      join(app, "program.mjs"),
      `import { same, pass } from "@greenlit/testing/program";
       same(1, 1, "one");
       pass(1);\n`,
    );
    writeFileSync(
      join(app, "testing.test.mjs"),
      `import assert from "node:assert";
       import test from "node:test";
       import { sleep } from "greenlit";
       import { green, withFakeClock } from "@greenlit/testing";
       import { runProgram } from "@greenlit/testing/run-program";
       test("sleeps", green((t) => withFakeClock((clock) => {
         assert.equal(t.name, "sleeps");
         const before = clock.now();
         sleep(3_600_000);
         assert.equal(clock.now() - before, 3_600_000);
       })));
       test("runs", async () => assert.ok((await runProgram("program.mjs")).passed));\n`,
    );
    const output = execFileSync(process.execPath, ["--test", "--test-reporter=tap"], {
      cwd: app,
      encoding: "utf8",
    });
    expect(output).toMatch(/^# pass 2$/m);
  });

  it("show the crawler's help", () => {
    expect(execFileSync(bin("greenlit-crawl"), ["--help"], { encoding: "utf8" })).toContain(
      "--max-pages",
    );
  });

  describe("in a user's program", () => {
    const PROGRAM = join(ROOT, "test/support/user.ts");
    const REFUSED = /^ *\/\/ @ts-expect-error/;

    beforeAll(() => {
      for (const name of ["@types/node", "undici-types"]) {
        const path = join("node_modules", name);
        cpSync(join(ROOT, path), join(app, path), { recursive: true });
      }
    });

    /** What a strict compiler says that also reads every declaration: the lines with errors. */
    function errorsOf(code: string): string[] {
      writeFileSync(join(app, "user.ts"), code);
      const flags = "--noEmit --strict --skipLibCheck false --ignoreConfig --types node";
      const lib = "--module nodenext --target es2022 --lib es2023,esnext.disposable";
      const args = [...flags.split(" "), ...lib.split(" "), "user.ts"];
      const tsc = join(ROOT, "node_modules/.bin/tsc");
      const { stdout } = spawnSync(tsc, args, { cwd: app, encoding: "utf8" });
      return stdout.split("\n").filter((line) => /^\S/.test(line));
    }

    it("have the types that they should, and refuse what is wrong", () => {
      expect(errorsOf(readFileSync(PROGRAM, "utf8"))).toEqual([]);
    });

    it("refuse each of these lines, and nothing else", () => {
      const lines = readFileSync(PROGRAM, "utf8").split("\n");
      const wrong = lines.flatMap((line, i) => (REFUSED.test(line) ? [i + 2] : []));
      expect(wrong.length).toBeGreaterThan(20);
      const bare = lines.map((line) => line.replace(REFUSED, "//")).join("\n");
      const found = errorsOf(bare).map((error) => Number(/^user\.ts\((\d+),/.exec(error)?.[1]));
      expect([...new Set(found)]).toEqual(wrong);
    });
  });

  it("hold no tests, sources of tests, or build folders", () => {
    for (const name of readdirSync(folder).filter((file) => file.endsWith(".tgz"))) {
      const list = execFileSync("tar", ["tzf", join(folder, name)], { encoding: "utf8" });
      expect(list).not.toMatch(/package\/(test|build)\//);
      expect(list).toMatch(/package\/README\.md/);
    }
  });
});

describe("changesets", () => {
  it("bump the versions and write the changelogs", () => {
    const clone = join(folder, "clone");
    execFileSync("git", ["clone", "--quiet", ROOT, clone]);
    execFileSync("ln", ["-s", join(ROOT, "node_modules"), join(clone, "node_modules")]);
    const before = JSON.parse(
      readFileSync(join(clone, "packages/core/package.json"), "utf8"),
    ).version;
    writeFileSync(
      join(clone, ".changeset/a-test.md"),
      '---\n"@greenlit/core": minor\n---\n\nA change that only this test makes.\n',
    );
    execFileSync(join(ROOT, "node_modules/.bin/changeset"), ["version"], {
      cwd: clone,
      stdio: "pipe",
    });
    const version = (path: string): string =>
      JSON.parse(readFileSync(join(clone, path, "package.json"), "utf8")).version as string;
    const versions = FIXED.map(version);
    expect(new Set(versions).size).toBe(1);
    expect(versions[0]).not.toBe(before);
    // A minor version of core is none of its peers' major ones.
    expect(version("packages/testing")).toMatch(/^0\./);
    expect(readFileSync(join(clone, "packages/core/CHANGELOG.md"), "utf8")).toContain(
      "A change that only this test makes.",
    );
  });
});
