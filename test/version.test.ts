// `npm run version` in a repository made for it: what a first changelog says, and a later one.
import { execFileSync, spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ROOT } from "./support/examples.js";

interface Published {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
  readonly needs: readonly string[];
}
const { publishedPackages, inDependencyOrder } = (await import(`${ROOT}scripts/published.mjs`)) as {
  publishedPackages(root: string): Published[];
  inDependencyOrder(packages: readonly Published[]): Published[];
};

const TWO = "# two\n\n## Unreleased\n\nThe first: it adds.\n";

// npm is called each time.
describe("npm run version", { timeout: 300_000 }, () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "greenlit-version-"));
    write("package.json", '{ "name": "all", "private": true, "workspaces": ["packages/*"] }\n');
    write("packages/one/package.json", '{ "name": "one", "version": "0.0.0" }\n');
    write("packages/one/CHANGELOG.md", "# one\n\n## Unreleased\n\nThe first: it counts.\n");
    write("packages/two/package.json", '{ "name": "two", "version": "0.0.0" }\n');
    write("packages/two/CHANGELOG.md", TWO);
    mkdirSync(join(folder, "apps"));
    write(".changeset/config.json", '{ "changelog": "@changesets/cli/changelog" }\n');
    write(".changeset/told.json", '["counts"]\n');
    changeset("counts", "one", "minor", "It counts.");
    for (const name of ["version", "published", "workspace"]) {
      mkdirSync(join(folder, "scripts"), { recursive: true });
      copyFileSync(`${ROOT}scripts/${name}.mjs`, join(folder, `scripts/${name}.mjs`));
    }
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(`${ROOT}node_modules/@changesets`, join(folder, "node_modules/@changesets"));
    execFileSync("git", ["init", "-q"], { cwd: folder });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function write(path: string, text: string): void {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const read = (path: string): string => readFileSync(join(folder, path), "utf8");
  const changeset = (id: string, name: string, size: string, text: string): void =>
    write(`.changeset/${id}.md`, `---\n"${name}": ${size}\n---\n\n${text}\n`);

  /** What it says; "" when all is well. */
  function raise(): string {
    const { status, stderr } = spawnSync(process.execPath, [join(folder, "scripts/version.mjs")], {
      encoding: "utf8",
    });
    if (status === 0) return "";
    return stderr;
  }

  it("keeps what was written by hand, and adds what came later as minor", () => {
    changeset("divides", "one", "minor", "It divides.\n\nBy any number.");
    changeset("repaired", "one", "patch", "It counts to ten, too.");
    expect(raise()).toBe("");
    expect(read("packages/one/CHANGELOG.md")).toBe(
      "# one\n\n## 0.1.0\n\nThe first: it counts.\n\n- It divides.\n\n  By any number.\n",
    );
    // No changeset names it.
    expect(read("packages/two/CHANGELOG.md")).toBe(TWO);
    expect(read("packages/two/package.json")).toContain('"0.0.0"');
    expect(readdirSync(join(folder, ".changeset"))).toEqual(["config.json"]);
    expect(read("package-lock.json")).toContain('"version": "0.1.0"');
  });

  it("tells of a later version as changesets do, above the first", () => {
    expect(raise()).toBe("");
    changeset("repaired", "one", "patch", "It counts to ten, too.");
    expect(raise()).toBe("");
    expect(read("packages/one/CHANGELOG.md")).toMatch(
      /^# one\n\n## 0\.1\.1\n\n### Patch Changes\n\n- .*It counts to ten, too\.\n\n## 0\.1\.0\n\nThe first: it counts\.\n$/,
    );
  });

  it("changes nothing where nobody has written what a package can do", () => {
    rmSync(join(folder, "packages/two/CHANGELOG.md"));
    expect(raise()).toContain("packages/two/CHANGELOG.md does not tell what two can do");
    expect(read("packages/one/package.json")).toContain('"0.0.0"');
    expect(existsSync(join(folder, ".changeset/counts.md"))).toBe(true);
  });
});

describe("the published packages", () => {
  const packages = publishedPackages(ROOT);

  it("have a first changelog as long as they were never released", () => {
    for (const { name, folder, version } of packages) {
      const heading = version === "0.0.0" ? "Unreleased" : version;
      const text = readFileSync(join(ROOT, folder, "CHANGELOG.md"), "utf8");
      expect(text).toMatch(new RegExp(`^# ${name}\n\n## ${heading}\n\n\\w`));
    }
  });

  it("tell only of changesets that there are", () => {
    const file = `${ROOT}.changeset/told.json`;
    const told = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as string[]) : [];
    const names = readdirSync(`${ROOT}.changeset`);
    expect(told.filter((id) => !names.includes(`${id}.md`))).toEqual([]);
  });

  it("are published behind those that they need", () => {
    const names = inDependencyOrder(packages).map(({ name }) => name);
    expect(names.toSorted()).toEqual(packages.map(({ name }) => name).toSorted());
    for (const { name, needs } of packages) {
      for (const other of needs.filter((needed) => names.includes(needed))) {
        expect(names.indexOf(other), `${other} before ${name}`).toBeLessThan(names.indexOf(name));
      }
    }
  });
});
