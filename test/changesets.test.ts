// A change of a published package carries a changeset: the check, in repositories made for it.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ROOT } from "./support/examples.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "greenlit-changesets-"));
  write("packages/one/package.json", '{ "name": "@greenlit/one", "version": "0.1.0" }\n');
  write("packages/two/package.json", '{ "name": "two", "version": "0.1.0" }\n');
  write("apps/own/package.json", '{ "name": "@greenlit/own", "private": true }\n');
  // Written before: of the changes that came before it.
  write(".changeset/before.md", changeset('"@greenlit/one": minor'));
  git("init", "-q", "-b", "main");
  commit();
  git("switch", "-q", "-c", "change");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

function git(...args: string[]): void {
  const who = ["-c", "user.name=greenlit", "-c", "user.email=greenlit@localhost"];
  execFileSync("git", [...who, ...args], { cwd: folder });
}

function commit(): void {
  git("add", "-A");
  git("commit", "-qm", "A commit");
}

const changeset = (names: string): string => `---\n${names}\n---\n\nA text: with "two": minor.\n`;

/** What the check says; "" when all is well. */
function check(): string {
  const { status, stderr } = spawnSync(process.execPath, [`${ROOT}scripts/changesets.mjs`], {
    cwd: folder,
    encoding: "utf8",
  });
  expect(status).toBe(stderr === "" ? 0 : 1);
  return stderr;
}

it("wants none for tests, READMEs and what is not published", () => {
  write("packages/one/test/one.test.ts", "\n");
  write("packages/one/README.md", "\n");
  write("apps/own/src/own.ts", "\n");
  expect(check()).toBe("");
});

it("names each package without one, committed or not", () => {
  write("packages/one/src/one.ts", "\n");
  commit();
  write("packages/two/native/two.cc", "\n");
  expect(check()).toContain("no changeset names them: @greenlit/one, two\n");
  write(".changeset/new.md", changeset('"@greenlit/one": patch'));
  expect(check()).toContain("no changeset names them: two\n");
  write(".changeset/newer.md", changeset("two: minor"));
  expect(check()).toBe("");
});

it("takes an empty one for a change that nobody notices", () => {
  write("packages/one/src/one.ts", "\n");
  expect(check()).not.toBe("");
  write(".changeset/nothing.md", "---\n---\n");
  expect(check()).toBe("");
});

it("lets a release pass, which has used them up", () => {
  write("packages/one/package.json", '{ "name": "@greenlit/one", "version": "0.2.0" }\n');
  rmSync(join(folder, ".changeset/before.md"));
  commit();
  expect(check()).toBe("");
});
