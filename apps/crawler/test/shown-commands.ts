import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Commands of a page, and the output that it shows. */
export interface Shown {
  readonly commands: string;
  readonly output: string;
}

/** The blocks of commands that are followed by a block of output, in their order. */
export function shownCommands(markdown: string): Shown[] {
  const blocks = /^```sh\n([^`]*)^```\n\n```text\n([^`]*)^```$/gm;
  return [...markdown.matchAll(blocks)].map(([, commands = "", output = ""]) => ({
    commands,
    output,
  }));
}

/**
 * What output must look like to be the one that is shown: numbers and the width of columns may
 * differ, and a line `...` stands for any lines.
 */
export function pattern(shown: string): RegExp {
  const lines = shown.trimEnd().split("\n");
  const source = lines.map((line) =>
    line === "..."
      ? "(?:.*\\n)*?"
      : `${line
          .replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&")
          .replaceAll(/\d+(?:\\\.\d+)?/g, "[\\d.]+")
          .replaceAll(/ +/g, " +")} *\\n`,
  );
  return new RegExp(`^${source.join("")}$`);
}

/** Runs commands as a reader would, with `greenlit-crawl` installed. Gives all that is printed. */
export async function printed(commands: string, folder: string, port: number): Promise<string> {
  const bin = join(folder, ".bin");
  mkdirSync(bin, { recursive: true });
  const program = join(bin, "greenlit-crawl");
  const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`);
  chmodSync(program, 0o755);
  const PATH = `${bin}${delimiter}${process.env["PATH"]}`;
  const env = { ...process.env, PATH, GREENLIT_DEMO_PORT: String(port) };
  const output = await new Promise<string>((resolve) => {
    // What a shell says of a program that was killed is not what the program printed.
    const args = ["-c", `exec 2>&1\nset +m\n${commands}`];
    execFile("bash", args, { cwd: folder, env, timeout: 300_000 }, (_, stdout) => resolve(stdout));
  });
  return output.replaceAll(/^.* in flight, .*\n|^.*: line \d+: +\d+ Killed .*\n/gm, "").trimStart();
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}
