// The linter refuses imports that go up: which package may import which stands in .oxlintrc.json.
// A pattern that matches nothing is no error there, so all of them are tried here.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { ROOT } from "./support/examples.js";

const folder = mkdtempSync(join(tmpdir(), "greenlit-imports-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
copyFileSync(join(ROOT, ".oxlintrc.json"), join(folder, ".oxlintrc.json"));

/** Lints files of these texts, by path; what is said of them. */
function lint(files: Record<string, string>): string {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const args = ["--format=unix", ...Object.keys(files)];
  const oxlint = join(ROOT, "node_modules/.bin/oxlint");
  return spawnSync(oxlint, args, { cwd: folder, encoding: "utf8" }).stdout;
}

const OURS = [
  "switcher",
  "core",
  "backend",
  "fs",
  "net",
  "monkey",
  "testing",
  "crawler",
  "bench",
].map((name) => `@greenlit/${name}`);
const ALL = [...OURS, "greenlit", "greenlit/net"];
const MAY: Record<string, readonly string[]> = {
  "packages/switcher": [],
  "packages/core": ["@greenlit/switcher"],
  "packages/backend": ["@greenlit/core"],
  "packages/fs": ["@greenlit/core", "@greenlit/backend"],
  "packages/net": ["@greenlit/backend", "@greenlit/core"],
  "packages/testing": ["@greenlit/core"],
  "packages/monkey": ["@greenlit/core", "@greenlit/fs", "@greenlit/net"],
  "packages/greenlit": ["switcher", "core", "backend", "fs", "net", "monkey"].map(
    (n) => `@greenlit/${n}`,
  ),
  "apps/crawler": ["greenlit", "greenlit/net"],
  "apps/bench": ["greenlit", "greenlit/net"],
  "apps/site": [],
};

it.each(Object.entries(MAY))("%s imports no more than it may", (name, may) => {
  const lines = ALL.map((from, i) => `export * as name${i} from "${from}";\n`);
  const told = lint({ [`${name}/src/all.ts`]: lines.join("") });
  const refused = told.matchAll(/all\.ts:(\d+):.*no-restricted-imports/g);
  const found = new Set([...refused].map(([, line]) => ALL[Number(line) - 1]));
  expect(ALL.filter((from) => !found.has(from)).toSorted()).toEqual([...may].toSorted());
});

it.each(Object.keys(MAY))("%s has no circles, not even of types", (name) => {
  const told = lint({
    [`${name}/src/one.ts`]: 'import type { Two } from "./two.js";\nexport type One = Two[];\n',
    [`${name}/src/two.ts`]: 'import type { One } from "./one.js";\nexport type Two = One[];\n',
  });
  expect(told).toContain("no-cycle");
});
