// What users get: every package packed, installed from the tarballs in an empty folder, and used
// there.
import { execFileSync, spawnSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** Released together, with one version. */
const FIXED = ["switcher", "core", "backend", "fs", "net", "monkey", "greenlit"].map(
  (n) => `packages/${n}`,
);
const PACKAGES = [...FIXED, "packages/testing"];
const PUBLISHED = [...PACKAGES, "apps/crawler"];
const EXAMPLE = "three-files-three-pages.mjs";

const folder = mkdtempSync(join(tmpdir(), "greenlit-packages-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function npm(args: string[], cwd: string): string {
  return execFileSync("npm", [...args, "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd,
    encoding: "utf8",
  });
}

function versionOf(path: string): string {
  const text = readFileSync(join(ROOT, path, "package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

describe("the packed packages", () => {
  const app = join(folder, "app");

  beforeAll(() => {
    for (const path of PUBLISHED) {
      npm(["pack", "--pack-destination", folder], join(ROOT, path));
    }
    const tarballs = readdirSync(folder).filter((name) => name.endsWith(".tgz"));
    expect(tarballs).toHaveLength(PUBLISHED.length);
    execFileSync("mkdir", [app]);
    writeFileSync(join(app, "package.json"), '{ "private": true, "type": "module" }\n');
    npm(["install", ...tarballs.map((name) => join(folder, name))], app);
    copyFileSync(join(ROOT, "examples", EXAMPLE), join(app, EXAMPLE));
    copyFileSync(join(ROOT, "LICENSE"), join(app, "LICENSE"));
    writeFileSync(join(app, "turbo.json"), "{}\n");
  }, 300_000);

  const bin = (name: string): string => join(app, "node_modules/.bin", name);

  it("run the README's program", () => {
    const count = `const { subscribe } = require("node:diagnostics_channel");
      let [open, most] = [0, 0];
      subscribe("http.server.request.start", () => (most = Math.max(most, ++open)));
      subscribe("http.server.response.finish", () => open--);
      process.on("exit", () => console.log(most + " pages at a time"));`;
    writeFileSync(join(app, "count.cjs"), count);
    const args = ["run", "--require", "./count.cjs", EXAMPLE];
    const output = execFileSync(bin("greenlit"), args, { cwd: app, encoding: "utf8" });
    expect(output).toContain("/three: 14 characters");
    expect(output).toMatch(/^3 pages and 3 files in \d+ ms$/m);
    expect(output).toContain("3 pages at a time");
    expect(output.trimEnd().split("\n")).toHaveLength(8);
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

  describe("without a binary that fits", () => {
    // As on a Linux with another C library: node-gyp-build goes by this variable.
    const elsewhere = { ...process.env, LIBC: "musl" };
    const told = ["greenlit has no native part for Node", "holds binaries for: linux"];

    it("say in npm's last lines what is missing, where there is no compiler", () => {
      const programs = join(folder, "programs");
      mkdirSync(programs);
      symlinkSync(process.execPath, join(programs, "node"));
      for (const name of ["sh", "env"]) symlinkSync(`/bin/${name}`, join(programs, name));
      const path = execFileSync("sh", ["-c", "command -v npm"], { encoding: "utf8" }).trim();
      const { status, stderr, stdout } = spawnSync(
        process.execPath,
        [realpathSync(path), "rebuild", "@greenlit/switcher"],
        { cwd: app, encoding: "utf8", env: { ...elsewhere, PATH: programs } },
      );
      const end = `${stdout}${stderr}`.trimEnd().split("\n").slice(-10).join("\n");
      for (const text of told) expect(end).toContain(text);
      expect(end).toContain("There is no Python 3, no make, no C++ compiler on the PATH.");
      expect(end).toContain("npm rebuild @greenlit/switcher");
      expect(status).not.toBe(0);
    });

    it("say where the compiler's words are, where it fails", () => {
      const { status, stderr } = spawnSync(process.execPath, ["install.mjs"], {
        cwd: join(app, "node_modules/@greenlit/switcher"),
        encoding: "utf8",
        env: { ...elsewhere, npm_config_node_gyp: join(app, "no-such-program.js") },
      });
      const log = /What the compiler said: (.*)/.exec(stderr)?.[1] ?? "";
      expect(readFileSync(log, "utf8")).toContain("no-such-program.js");
      rmSync(dirname(log), { recursive: true });
      expect(status).toBe(1);
    });

    it("have greenlit doctor say it", () => {
      const { status, stdout } = spawnSync(bin("greenlit"), ["doctor"], {
        cwd: app,
        encoding: "utf8",
        env: elsewhere,
      });
      for (const text of [...told, "apt-get install"]) expect(stdout).toContain(text);
      expect(status).toBe(1);
    });
  });

  describe.each(PUBLISHED)("%s", (path) => {
    const { name } = JSON.parse(readFileSync(join(ROOT, path, "package.json"), "utf8")) as {
      name: string;
    };
    const home = join(app, "node_modules", name);
    const files = (): string[] =>
      readdirSync(home, { recursive: true, encoding: "utf8" }).filter(
        (file) => !file.startsWith("node_modules") && statSync(join(home, file)).isFile(),
      );

    it("holds what it should, and no stray file", () => {
      const own =
        /^(package\.json|README\.md|LICENSE|(src|dist)\/[\w/.-]+\.(c?[jt]s|map|html|json|css|svg))$/;
      const native = /^(binding\.gyp|install\.mjs|native\/.*\.(cc|h|S)|prebuilds\/[\w./-]+\.node)$/;
      const isMeant = (file: string): boolean =>
        own.test(file) || native.test(file) || file === "compose.yaml"; // servers for the crawler
      const stray = files().filter((file) => !isMeant(file));
      expect(stray).toEqual([]);
      const license = readFileSync(join(home, "LICENSE"), "utf8");
      expect(license).toBe(readFileSync(join(ROOT, "LICENSE"), "utf8"));
      expect(files()).toContain("README.md");
    });

    it("has maps to files that are there", () => {
      const maps = files().filter((file) => file.endsWith(".map"));
      expect(maps.length).toBeGreaterThan(0);
      for (const map of maps) {
        const { sources } = JSON.parse(readFileSync(join(home, map), "utf8")) as {
          sources: string[];
        };
        for (const source of sources) {
          expect(existsSync(join(home, dirname(map), source)), `${map}: ${source}`).toBe(true);
        }
      }
    });

    it("passes publint and attw", () => {
      const tarball = join(
        folder,
        `${name.replace("@", "").replace("/", "-")}-${versionOf(path)}.tgz`,
      );
      const tool = (command: string, ...args: string[]): void => {
        const { status, stdout, stderr } = spawnSync(
          join(ROOT, "node_modules/.bin", command),
          [...args, tarball],
          { encoding: "utf8" },
        );
        expect(status, `${stdout}${stderr}`).toBe(0);
      };
      tool("publint", "--strict");
      // ESM alone, which every supported Node can require: a resolver of Node 10's time finds
      // nothing, and need not.
      tool("attw", "--profile", "node16", "--ignore-rules", "cjs-resolves-to-esm", "--");
    });
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
