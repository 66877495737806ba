import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { MODES } from "../src/modes/index.js";
import { temporaryFolder } from "./folder.js";
import { serve, site } from "./server.js";
import { freePort, pattern, printed, shownCommands } from "./shown-commands.js";

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");

const EXAMPLES = readdirSync(new URL("../examples", import.meta.url));

it("shows the examples as they are", () => {
  const blocks = [...read("../README.md").matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code);
  for (const name of EXAMPLES) expect(blocks, name).toContain(read(`../examples/${name}`));
});

const GREENLIT = fileURLToPath(new URL("../../../packages/greenlit/dist/cli.js", import.meta.url));

/** Runs an example, as the page says. Gives what it prints. */
async function runExample(name: string, folder: string, ...args: string[]): Promise<string> {
  const file = fileURLToPath(new URL(`../examples/${name}`, import.meta.url));
  const program = [GREENLIT, "run", file, ...args];
  return (await promisify(execFile)(process.execPath, program, { cwd: folder })).stdout;
}

it("has an example of items", async () => {
  const { origin, requests } = await serve(
    site({ "/": "<h1>Home</h1><a href=/a><a href=/login>", "/a": "<h1>A &amp; B</h1>" }),
  );
  const folder = temporaryFolder();
  const printed = await runExample("headings.ts", folder, origin);
  expect(printed).toBe("2 pages, see headings/items.jsonl\n");
  expect(readFileSync(join(folder, "headings/items.jsonl"), "utf8")).toBe(
    `{"url":"${origin}/","heading":"Home"}\n{"url":"${origin}/a","heading":"A & B"}\n`,
  );
  expect(requests).not.toContain("/login");
});

it("has an example of hooks", async () => {
  const { origin } = await serve((request, response) => {
    if (request.headers.authorization !== "Bearer secret") response.statusCode = 401;
    response.setHeader("content-type", "text/html");
    if (request.url === "/loop") response.writeHead(302, { location: "/loop" });
    response.end("<a href=/loop>");
  });
  expect(await runExample("token.ts", temporaryFolder(), origin, "secret")).toBe(
    `${origin}/loop: redirects in a circle: ${origin}/loop; linked on ${origin}/\n`,
  );
});

it("compares in rows that the sources of the comparison have too", () => {
  const table = read("../README.md").match(/## Beside other crawlers\n(.*?)\n## /s)?.[1] ?? "";
  const [head = "", , ...rows] = table.split("\n").filter((line) => line.startsWith("|"));
  const cells = (row: string): string[] => row.split("|").map((cell) => cell.trim());
  const names = rows.map((row) => cells(row)[1]);
  const crawlers = cells(head).slice(2, -1);
  expect(crawlers).toHaveLength(6);
  for (const crawler of crawlers) {
    const section = read("../docs/comparison.md").split(`\n## ${crawler}\n`)[1]?.split("\n## ")[0];
    const sources = [...(section ?? "").matchAll(/^- \*\*(.+?)\*\*:/gm)].map(([, name]) => name);
    expect(sources, crawler).toEqual(names);
  }
});

it("names every code of an error", () => {
  const [, union = ""] = /export type ErrorCode =([^;]*);/.exec(read("../src/errors.ts")) ?? [];
  const codes = [...union.matchAll(/"([\w-]+)"/g)].map(([, code]) => code);
  expect(codes.length).toBeGreaterThan(20);
  const [, section = ""] = read("../docs/reference.md").split("\n## Error codes\n");
  const [table = ""] = section.split("\n## ");
  expect([...table.matchAll(/^\| `([\w-]+)` /gm)].map(([, code]) => code)).toEqual(codes);
});

it("names every flag of every mode", async () => {
  const pages = read("../docs/reference.md");
  for (const name of MODES.map((mode) => mode.name)) {
    const help = await printed(`greenlit-crawl help ${name}`, temporaryFolder(), 0);
    const flags = [...help.matchAll(/^ +(?:-\w, )?(--[\w-]+)/gm)].map(([, flag]) => flag!);
    expect(flags.length).toBeGreaterThan(20);
    for (const flag of flags.filter((flag) => !/^--(help|version)$/.test(flag))) {
      expect(pages, `${name} ${flag}`).toMatch(new RegExp(`^\\| \`${flag}\\b`, "m"));
    }
  }
});

it("shows what its commands print", { timeout: 600_000 }, async () => {
  const [folder, port] = [temporaryFolder(), await freePort()];
  const shown = shownCommands(read("../README.md"));
  expect(shown.length).toBeGreaterThan(3);
  for (const { commands, output } of shown) {
    expect(await printed(commands, folder, port)).toMatch(pattern(output));
  }
});
