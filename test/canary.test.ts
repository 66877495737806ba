// `npm run canary` with a registry of our own, whose Nodes are broken in every way a Node can be:
// all of them are told.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { PROVED } from "@greenlit/switcher";
import { afterAll, describe, expect, it } from "vitest";
import { ROOT } from "./support/examples.js";

const folder = mkdtempSync(join(tmpdir(), "greenlit-canary-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const NAME = `node-linux-${process.arch}`;
/** What npm has of each version: the text of bin/node. */
const REGISTRY = {
  "91.0.0": "exit 3",
  "92.0.0": `[ "$1" = --version ] && echo v92.0.0 || echo 992 ${process.arch} .glibc`,
  "93.9.0": "echo v93.9.0",
  "93.10.0": "echo v93.9.0",
  "93.11.0-rc.1": "echo v93.11.0-rc.1",
  "94.0.1": null, // cannot be fetched
  "95.0.0": "exit 4",
};
const NPM = `#!${process.execPath}
const { mkdirSync, writeFileSync } = require("node:fs");
const registry = ${JSON.stringify(REGISTRY)};
const args = process.argv.slice(2);
if (args[0] === "view") {
  console.log(JSON.stringify(Object.keys(registry)));
} else {
  const [name, version] = args.at(-1).split("@");
  if (registry[version] === null) process.exit(1);
  const home = args[args.indexOf("--prefix") + 1] + "/node_modules/" + name;
  mkdirSync(home + "/bin", { recursive: true });
  mkdirSync(home + "/include/node", { recursive: true });
  writeFileSync(home + "/include/node/node.h", "");
  writeFileSync(home + "/bin/node", "#!/bin/sh\\n" + registry[version] + "\\n", { mode: 0o755 });
  writeFileSync(home + "/package.json", JSON.stringify({ name, version }));
}
`;
const bin = join(folder, "bin");
mkdirSync(bin);
writeFileSync(join(bin, "npm"), NPM, { mode: 0o755 });

const home = (major: string): string => join(folder, "nodes", major, "node_modules", NAME);
const kept = (major: string): string =>
  (JSON.parse(readFileSync(join(home(major), "package.json"), "utf8")) as { version: string })
    .version;
function keep(major: string, version: string): void {
  mkdirSync(join(home(major), "bin"), { recursive: true });
  writeFileSync(join(home(major), "bin/node"), "#!/bin/sh\nexit 5\n", { mode: 0o755 });
  writeFileSync(join(home(major), "package.json"), JSON.stringify({ version }));
}

function canary(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(
    process.execPath,
    [`${ROOT}scripts/canary.mjs`, "--keep", join(folder, "nodes"), ...args],
    {
      encoding: "utf8",
      env: { ...process.env, PATH: `${bin}${delimiter}${process.env["PATH"]}` },
    },
  );
}

it("the supported lines are those that are proved", async () => {
  const { MAJORS } = (await import(`${ROOT}scripts/programs.mjs`)) as { MAJORS: string[] };
  expect(Object.keys(PROVED)).toEqual(MAJORS);
});

describe.skipIf(process.platform !== "linux")("the canary (Linux only)", () => {
  it("tells of each Node what became of it, and fails", () => {
    keep("93", "93.9.0");
    keep("94", "94.0.0");
    const { status, stdout, stderr } = canary("--nodes", "91,92,93,94,newest,96");
    expect(stdout, stderr).toMatch(/^\| Node 91\.0\.0 +\| none +\| 0 of 0 +\| - /m);
    const failures = stdout.slice(stdout.indexOf("Nodes: 6, failures: 6")).split("\n  ").slice(1);
    expect(failures, stdout + stderr).toEqual([
      expect.stringMatching(/^Node 91\.0\.0: does not start: /),
      expect.stringMatching(/^Node 92\.0\.0: the switcher does not compile/),
      "Node 93.10.0: says that it is v93.9.0",
      expect.stringMatching(/^Node 94\.0\.1: cannot be fetched/),
      expect.stringMatching(/^Node 95\.0\.0: does not start: /),
      "Node 96: the registry has none\n",
    ]);
    expect(status).toBe(1);
    // The newer one took the place of the one that was kept, compared as numbers; what could not be
    // fetched took nothing away.
    expect([kept("93"), kept("94")]).toEqual(["93.10.0", "94.0.0"]);
  });

  it("fetches nothing that it has", () => {
    keep("91", "91.0.0");
    const { stdout, stderr } = canary("--nodes", "91");
    expect(stderr).not.toContain("fetching");
    // Ours, which exits with 5, was asked.
    expect(stdout).toContain("Nodes: 1, failures: 1\n  Node 91.0.0: does not start");
    expect(readFileSync(join(home("91"), "bin/node"), "utf8")).toContain("exit 5");
  });

  it("runs nothing when no program is named so", () => {
    const { status, stderr } = canary("--programs", "no such program");
    expect(stderr).toContain(`no program's name contains "no such program"`);
    expect(status).toBe(2);
  });
});
