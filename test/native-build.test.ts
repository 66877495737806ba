// Whoever names another compiler gets a binary made by it, not one that was there before.
import { execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { ROOT } from "./support/examples.js";

const TOOLS = ["CC", "CXX", "CFLAGS", "CXXFLAGS", "LDFLAGS"];
/** Without what the machine that runs this may have set. */
const plain = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !TOOLS.includes(name)),
);

function hashOf(env: Record<string, string>): string | undefined {
  const args = ["run", "build", "--filter=@greenlit/switcher", "--dry=json"];
  const text = execFileSync(process.execPath, [`${ROOT}node_modules/turbo/bin/turbo`, ...args], {
    cwd: ROOT,
    encoding: "utf8",
    env: { ...plain, ...env, TURBO_TELEMETRY_DISABLED: "1" },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const { tasks } = JSON.parse(text) as { tasks: { taskId: string; hash: string }[] };
  return tasks.find(({ taskId }) => taskId === "@greenlit/switcher#build")?.hash;
}

it.each(TOOLS)("turbo's hash knows %s", (name) => {
  const without = hashOf({});
  expect(without).toMatch(/^[0-9a-f]+$/);
  expect(hashOf({})).toBe(without);
  expect(hashOf({ [name]: "another" })).not.toBe(without);
});

describe("build-native.mjs", () => {
  const folder = mkdtempSync(join(tmpdir(), "greenlit-native-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ["binding.gyp", "native", "prebuilds"]) {
    cpSync(join(ROOT, "packages/switcher", name), join(folder, name), { recursive: true });
  }
  const prebuilds = join(folder, "prebuilds", `${process.platform}-${process.arch}`);
  const binaries = readdirSync(prebuilds).map((name) => join(prebuilds, name));
  // Copied, they are as new as what they are made from.
  const later = new Date(Date.now() + 1000);
  for (const path of binaries) utimesSync(path, later, later);
  const run = (env: Record<string, string>): number | null =>
    spawnSync(process.execPath, [`${ROOT}scripts/build-native.mjs`], {
      cwd: folder,
      env: { ...plain, ...env },
      stdio: "ignore",
    }).status;

  it("keeps what the same compiler has made", () => {
    const before = binaries.map((path) => statSync(path).mtimeMs);
    expect(run({})).toBe(0);
    expect(binaries.map((path) => statSync(path).mtimeMs)).toEqual(before);
  });

  it("does not take what another one has made", () => {
    // One that compiles nothing: that it is asked is seen by its failure.
    expect(run({ CXX: "false" })).not.toBe(0);
    // What failed is not noted: what is there is still by the first.
    expect(run({})).toBe(0);
  });

  it("has the list of turbo.json", () => {
    const { tasks } = JSON.parse(readFileSync(`${ROOT}turbo.json`, "utf8")) as {
      tasks: Record<string, { env?: string[] }>;
    };
    expect(tasks["build:native"]?.env).toEqual(TOOLS);
    const script = readFileSync(`${ROOT}scripts/build-native.mjs`, "utf8");
    expect(script).toContain(`const TOOLS = ${JSON.stringify(TOOLS).replaceAll(",", ", ")};`);
  });
});

it("prebuilds.mjs says for which platforms there are binaries, before it builds anything", () => {
  const args = [`${ROOT}scripts/prebuilds.mjs`, "--archs", "x64,mips"];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect(stderr).toBe('greenlit: no binaries are built for "mips"; only for x64 and arm64\n');
  expect(status).toBe(1);
});
