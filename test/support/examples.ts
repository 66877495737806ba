// The programs in Markdown pages: found, run, and compared with the output that the page shows.
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

export const ROOT: string = fileURLToPath(new URL("../..", import.meta.url));
const CLI = `${ROOT}packages/greenlit/dist/cli.js`;

/** A fenced block of code, and the one behind it that shows what it prints. */
export interface Example {
  readonly language: string;
  /**
   * Words after the language: `fragment` is no whole program, `stderr` shows the error output too,
   * `exit=1` is how it ends, `node` that it is run without `greenlit run`.
   */
  readonly words: readonly string[];
  readonly line: number;
  readonly code: string;
  readonly output: string | null;
}

/**
 * All blocks of code of a page; a block without a language, or `text`, is the output of the one
 * before.
 */
export function examples(markdown: string): Example[] {
  const fence =
    /^```(\S*)([^\n]*)\n([^]*?)^```$(?:\n\n(?:prints\n\n)?```(?:text)?\n([^]*?)^```$)?/gm;
  return [...markdown.matchAll(fence)].map(
    ({ 1: language = "", 2: words = "", 3: code = "", 4: output, index }) => ({
      language,
      words: words.trim() === "" ? [] : words.trim().split(/\s+/),
      line: markdown.slice(0, index).split("\n").length,
      code,
      output: output ?? null,
    }),
  );
}

/** Those that are programs. */
export function programs(markdown: string): Example[] {
  return examples(markdown).filter(
    ({ language, words }) => /^[jt]s$/.test(language) && !words.includes("fragment"),
  );
}

/** How to run a program: by node, or by `greenlit run`, which runs it in a greenlet. */
export type Runner = "node" | "greenlit";

/**
 * Runs a program in a new folder below `home`, whose imports it has. Gives all it prints, without
 * what changes.
 */
export async function outputOf(example: Example, runner: Runner, home: string): Promise<string> {
  const folder = mkdtempSync(join(home, "example-"));
  try {
    const file = join(folder, example.language === "ts" ? "app.ts" : "app.mjs");
    writeFileSync(file, example.code);
    const args = runner === "node" || example.words.includes("node") ? [file] : [CLI, "run", file];
    const ended = await new Promise<{ code: unknown; stdout: string; stderr: string }>(
      (resolve) => {
        execFile(
          process.execPath,
          args,
          { cwd: folder, timeout: 100_000 },
          (error, stdout, stderr) => {
            resolve({ code: error === null ? 0 : (error.code ?? error.signal), stdout, stderr });
          },
        );
      },
    );
    const exit = Number(example.words.find((word) => word.startsWith("exit="))?.slice(5) ?? 0);
    const told = example.words.includes("stderr") ? ended.stderr : "";
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: exit, stderr: told });
    return steady(ended.stdout + told, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Without the name of the folder, and with all seconds the same. */
function steady(text: string, folder?: string): string {
  const moved = folder === undefined ? text : text.replaceAll(`${folder}${sep}`, "/app/");
  return moved.replaceAll(/\d+\.\d s\b/g, "0.0 s");
}

/** A test for each program of a page: it prints what the page says. */
export function testExamples(url: URL, runner: Runner, home: URL = new URL(".", url)): void {
  const found = programs(readFileSync(url, "utf8"));
  describe(url.pathname.split("/").slice(-2).join("/"), () => {
    it("has programs, each with its output", () => {
      expect(found.length).toBeGreaterThan(0);
      for (const { line, output } of found) expect(output, `line ${line}`).not.toBe(null);
    });

    it.concurrent.each(found.map((example) => [example.line, example] as const))(
      "has a program in line %i that prints what it says",
      async (_, example) => {
        const output = await outputOf(example, runner, fileURLToPath(home));
        expect(output).toBe(steady(example.output ?? ""));
      },
    );
  });
}
