import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "greenlit";
import { expect, it } from "vitest";
import { keepStdinSeeds } from "../src/stdin-seeds.js";
import { temporaryFolder } from "./folder.js";

const PROGRAM = fileURLToPath(new URL("../dist/main.js", import.meta.url));

/** Runs the built command with seeds from standard input; of no use are they for a fetch. */
function feed(folder: string, input: string, ...args: string[]): string {
  const flags = ["--no-robots", "--retries", "0", "--quiet"];
  const { stdout } = spawnSync(process.execPath, [PROGRAM, ...args, ...flags], {
    cwd: folder,
    input,
    encoding: "utf8",
    timeout: 60_000,
  });
  return stdout;
}

it("keeps the seeds of standard input in the job's folder, so that the crawl can go on", () => {
  const folder = temporaryFolder();
  const url = (path: string): string => `http://127.0.0.1:9/${path}`;
  expect(feed(folder, url("a"), "--seeds", "-", "--job", "job")).toContain("failed          1 (");
  expect(feed(folder, `${url("b")}\n`, "--seeds", "-", "--job", "job")).toContain("2 (");
  expect(readFileSync(join(folder, "job/seeds.txt"), "utf8")).toBe(`${url("a")}\n${url("b")}\n\n`);
  // Later runs read it again: what is in scope depends on it.
  const file = join(folder, "job/seeds.txt");
  rmSync(file);
  const later = spawnSync(process.execPath, [PROGRAM, "--job", "job"], { cwd: folder });
  expect(String(later.stderr)).toContain(`${file} cannot be read`);
});

it("leaves to a crawl without a job what it reads itself", async () => {
  expect(feed(temporaryFolder(), "http://127.0.0.1:9/", "--seeds", "-", "--no-job")).toContain(
    "failed          1 (",
  );
  const options = { seeds: [], seedFiles: ["-"] };
  expect(await run(() => keepStdinSeeds(options))).toBe(options);
  const named = { seeds: [], seedFiles: ["urls.txt"], job: "/nonexistent" };
  expect(await run(() => keepStdinSeeds(named))).toBe(named);
});
