import { readdirSync, readFileSync } from "node:fs";
import { expect, it, onTestFinished, vi } from "vitest";
import { temporaryFolder } from "./folder.js";
import { serve, site } from "./server.js";
import { freePort, pattern, printed, shownCommands } from "./shown-commands.js";

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");

const EXAMPLES = readdirSync(new URL("../examples", import.meta.url));

it("shows the examples as they are", () => {
  const blocks = [...read("../README.md").matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code);
  for (const name of EXAMPLES) expect(blocks, name).toContain(read(`../examples/${name}`));
});

/** Runs an example in a folder of its own. Gives what it prints. */
async function runExample(name: string, ...args: string[]): Promise<string[]> {
  const [home, { argv }] = [process.cwd(), process];
  const log = vi.spyOn(console, "log").mockReturnValue();
  process.chdir(temporaryFolder());
  process.argv = [argv[0]!, name, ...args];
  onTestFinished(() => {
    log.mockRestore();
    process.chdir(home);
    process.argv = argv;
  });
  await import(/* @vite-ignore */ `../examples/${name}`);
  return log.mock.calls.map(([text]) => String(text));
}

it("has an example of items", async () => {
  const { origin, requests } = await serve(
    site({ "/": "<h1>Home</h1><a href=/a><a href=/login>", "/a": "<h1>A &amp; B</h1>" }),
  );
  expect(await runExample("headings.ts", origin)).toEqual(["2 pages, see headings/items.jsonl"]);
  expect(readFileSync("headings/items.jsonl", "utf8")).toBe(
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
  expect(await runExample("token.ts", origin, "secret")).toEqual([
    `${origin}/loop: redirects in a circle: ${origin}/loop; linked on ${origin}/`,
  ]);
});

it("compares in rows that the sources of the comparison have too", () => {
  const table = read("../README.md").match(/## Beside other crawlers\n(.*?)\n## /s)?.[1] ?? "";
  const [head = "", , ...rows] = table.split("\n").filter((line) => line.startsWith("|"));
  const cells = (row: string): string[] => row.split("|").map((cell) => cell.trim());
  const names = rows.map((row) => cells(row)[1]);
  const others = cells(head).slice(3, -1);
  expect(others).toHaveLength(5);
  for (const other of others) {
    const section = read("../docs/comparison.md").split(`\n## ${other}\n`)[1]?.split("\n## ")[0];
    const sources = [...(section ?? "").matchAll(/^- \*\*(.+?)\*\*:/gm)].map(([, name]) => name);
    expect(sources, other).toEqual(names);
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
