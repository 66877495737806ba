// A whole run, far too short to mean anything: every table is there, filled, and written.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bench, QUESTIONS } from "../src/bench.js";
import { runChild } from "../src/child.js";
import type { Results } from "../src/question.js";
import { writeReport } from "../src/report.js";
import { TARGETS } from "../src/targets.js";

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "greenlit-bench-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const main = (
  ...args: string[]
): ReturnType<typeof spawnSync> & { stdout: string; stderr: string } =>
  spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8" });

describe("a run of every question", () => {
  let results: Results;
  let paths: string[];
  const lines: string[] = [];
  let binary: string;

  beforeAll(async () => {
    const effort = { scale: 0.01, rounds: 2, parked: [0, 200] };
    results = bench(QUESTIONS, effort, [], {
      line: (text) => lines.push(text),
      answered: () => {},
    });
    const open = fileURLToPath(new URL("../dist/programs/open.js", import.meta.url));
    binary = runChild([process.execPath, open])["binary"] as string;
    paths = await writeReport(results, QUESTIONS, folder);
  }, 600_000);

  it("has a figure of greenlit in every row", () => {
    expect(results.answers.map(({ name }) => name)).toEqual(QUESTIONS.map(({ name }) => name));
    for (const answer of results.answers) {
      const who = { drivers: "direct, ", ready: "epoll" }[answer.name as "drivers"] ?? "greenlit, ";
      const ours = Object.keys(answer.figures).find((name) => name.startsWith(who)) as string;
      const all = answer.tables.flatMap((table) => table.rows.map(({ key }) => ({ key, table })));
      for (const { key, table } of all) {
        const found = answer.figures[ours]?.[key];
        const why = answer.missing[ours]?.[key];
        if (/^\S+ is not installed$/.test(why ?? "")) {
          console.log(`left out ${answer.name} ${key}: ${why}`);
          continue;
        }
        expect(found?.runs, `${answer.name} ${key}`).toBeGreaterThan(0);
        if (!table.differences) expect(found?.median).toBeGreaterThan(0);
        expect(found?.low).toBeLessThanOrEqual(found?.median as number);
        expect(found?.high).toBeGreaterThanOrEqual(found?.median as number);
      }
    }
  });

  it("has figures of each peer, or the reason why not", () => {
    for (const name of ["switch", "spawn", "sleepers", "context", "parked"]) {
      const { figures, missing } = results.answers.find(
        (answer) => answer.name === name,
      ) as Results["answers"][0];
      expect(Object.keys(figures)).toContain("async/await");
      for (const who of Object.keys(figures)) {
        const known = { ...figures[who], ...missing[who] };
        expect(Object.keys(known).length, `${name}: ${who}`).toBeGreaterThan(0);
        for (const why of Object.values(missing[who] ?? {})) expect(why).not.toBe("");
      }
    }
  });

  it("compares with gevent and Go what they have", () => {
    const { figures, missing } = results.answers.find(
      ({ name }) => name === "primitives",
    ) as Results["answers"][0];
    expect(Object.keys(figures)).toEqual(expect.arrayContaining(["gevent", "goroutines"]));
    expect(missing["gevent"]?.["select"]).not.toBe("");
    expect(figures["gevent"]?.["select"]).toBeUndefined();
  });

  it("names the build: the commit, and a native part that is newer than its sources", () => {
    const page = readFileSync(join(folder, "benchmarks.md"), "utf8");
    expect(page).toMatch(/^\| build +\| .*(commit [0-9a-f]{12}|not of a git checkout)/m);
    expect(lines.filter((line) => line.startsWith("compiling the switcher"))).toEqual([
      `compiling the switcher for Node ${process.versions.node}`,
    ]);
    const native = fileURLToPath(new URL("../../../packages/switcher/native/", import.meta.url));
    const sources = readdirSync(native, { recursive: true, encoding: "utf8" });
    expect(sources.length).toBeGreaterThan(10);
    for (const source of sources)
      expect(statSync(binary).mtimeMs).toBeGreaterThan(statSync(join(native, source)).mtimeMs);
  });

  it("is written with every table, row and target", () => {
    const page = readFileSync(join(folder, "benchmarks.md"), "utf8");
    for (const { asks, tables } of results.answers) {
      expect(page).toContain(`## ${asks}`);
      for (const { title, rows } of tables) {
        const section = page.slice(page.indexOf(`### ${title}\n`));
        for (const { label, meaning } of rows) {
          expect(section).toMatch(
            new RegExp(`^\\| ${label.replace(/[()+.]/g, "\\$&")} +\\| +(-?\\d|\\(\\d+\\))`, "m"),
          );
          expect(section).toContain(`**${label}**: ${meaning}`);
        }
      }
    }
    expect(page).toMatch(/^\| runs of each program +\| +[12] to 2 \|$/m);
    for (const { text } of TARGETS) expect(page).toContain(`| ${text}`);
    expect(page).toContain(`| greenlit, Node ${process.versions.node.split(".")[0]} `);
    expect(page).not.toMatch(/undefined|NaN|Infinity|\[object/);
  });

  it("is drawn: every picture that the page shows is there", () => {
    const page = readFileSync(join(folder, "benchmarks.md"), "utf8");
    const shown = [...page.matchAll(/\]\((plots\/.*?\.svg)\)/g)].map(([, path]) =>
      join(folder, path as string),
    );
    expect(shown.length).toBeGreaterThan(QUESTIONS.length);
    expect(paths.slice(1).toSorted()).toEqual(shown.toSorted());
    for (const path of shown) {
      const svg = readFileSync(path, "utf8");
      expect(svg).toMatch(/^<svg .*<\/svg>\n$/s);
      // What is about the kernel names the ways to ask it.
      const who = path.endsWith("ready.svg")
        ? "epoll"
        : `Node ${process.versions.node.split(".")[0]}`;
      expect(svg).toContain(who);
      expect(svg).not.toMatch(/NaN|undefined/);
    }
  });
});

describe("npm run bench", () => {
  it("--quick --only: prints one table and the targets, and keeps the figures", () => {
    const json = join(folder, "spawn.json");
    const { status, stdout, stderr } = main("--quick", "--only", "spawn", "--json", json);
    expect(status, stderr).toBe(0);
    expect(stdout.match(/^## .*/gm)).toEqual(["## Managed greenlets", "## Targets"]);
    expect(stdout).toMatch(/^\| spawn \+ join: below 1.5 us +\| +(met|not met) \([\d,]+ ns\) \|$/m);
    const { answers } = JSON.parse(readFileSync(json, "utf8")) as Results;
    expect(answers).toHaveLength(1);
    const again = main("--from", json);
    expect(again.stdout).toBe(stdout);
  }, 120_000);

  it("refuses what it does not have, and to write half a page", () => {
    expect(main("--only", "nothing")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("there are switch, spawn"),
    });
    expect(main("--only", "spawn", "--write")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("leave out --only"),
    });
    expect(main("--nodes", folder).stderr).toContain("no bin/node");
  });
});
