import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";

const program = fileURLToPath(new URL("programs/stdin.mjs", import.meta.url));

let child: ChildProcess | null = null;
afterEach(() => child?.stdin?.destroy());

/**
 * Starts the program, and gives it a part of the input whenever it says that it waits.
 * @returns all that it has printed, and how the shell ended.
 */
async function start(
  command: string,
  parts: readonly string[],
): Promise<[output: string, code: number | null]> {
  const env = { ...process.env, NODE: process.execPath, PROGRAM: program };
  child = spawn("sh", ["-c", command], { env, stdio: ["pipe", "pipe", "inherit"] });
  const { stdin, stdout } = child;
  const [left, done] = [[...parts], once(child, "exit")];
  let output = "";
  stdout?.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    for (const _ of text.matchAll(/waiting/g)) stdin?.write(left.shift() ?? "");
    if (left.length === 1) stdin?.end(left.shift());
  });
  const [code] = (await done) as [number | null];
  return [output, code];
}

describe("stdin", () => {
  it("of a pipe is waited for", async () => {
    const parts = ["abcdefgh\n", "ijkl", "", "last\n"];
    const [output, code] = await start('cat | "$NODE" "$PROGRAM"', parts);
    expect([output, code]).toEqual([`${"waiting\n".repeat(3)}pass\n`, 0]);
  });

  it("does not keep the process from exiting", async () => {
    // The first `cat` does not notice that nobody reads any more.
    const command = '{ cat; } | { "$NODE" "$PROGRAM" exit; echo "exit code $?"; kill $$; }';
    const [output] = await start(command, ["abcdef", "", "", ""]);
    expect(output).toBe(`${"waiting\n".repeat(2)}exit code 3\n`);
  });

  const noTerminal = spawnSync("script", ["--version"]).error?.message;
  const why = noTerminal === undefined ? "" : ` (left out: ${noTerminal})`;
  it.skipIf(noTerminal !== undefined)(`of a terminal is waited for${why}`, async () => {
    const command = `script -qec '"$NODE" "$PROGRAM"' /dev/null`;
    // The end is typed, twice.
    const parts = ["abcdefgh\n", "ijk\n", "last\n\u0004\u0004", ""];
    const [output] = await start(command, parts);
    expect(output).toMatch(/\npass\r?\n/);
  });
});
