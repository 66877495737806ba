import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { CpuProfile } from "@greenlit/switcher";
import { afterAll, expect, it } from "vitest";

const DIST = fileURLToPath(new URL("../dist/", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "greenlit-cli-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const IMPORT = `import { getCurrent, sleep, spawn } from ${JSON.stringify(`${DIST}index.js`)};\n`;

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}

function node(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8", timeout: 100_000 });
}

const greenlit = (...args: string[]): ReturnType<typeof node> => node(`${DIST}cli.js`, ...args);

it("runs an ES module whose top-level code blocks, with its arguments", () => {
  const name = file(
    "app.mjs",
    `${IMPORT}const g = spawn(() => { sleep(5); return "done"; });
     console.log(g.get(), getCurrent() !== null, process.argv.slice(2).join());`,
  );
  expect(greenlit("run", name, "a", "--b")).toMatchObject({
    stdout: "done true a,--b\n",
    status: 0,
  });
});

it("runs CommonJS as the main module", () => {
  const name = file(
    "app.cjs",
    `const { sleep } = require(${JSON.stringify(`${DIST}index.js`)}); sleep(1); console.log(require.main === module);`,
  );
  expect(greenlit("run", name).stdout).toBe("true\n");
});

it("runs TypeScript", () => {
  file("double.ts", "export const double = (n: number): number => 2 * n;");
  const name = file(
    "app.ts",
    `${IMPORT}import { double } from "./double.ts"; sleep(1); console.log(double(21));`,
  );
  expect(greenlit("run", name).stdout).toBe("42\n");
});

it("makes Node's own functions cooperative", () => {
  const name = file(
    "patched.mjs",
    `${IMPORT}import { readFileSync } from "node:fs";
     const order = [];
     const other = spawn(() => order.push("other"));
     readFileSync(new URL(import.meta.url));
     order.push("main");
     other.join();
     console.log(order.join());`,
  );
  expect(greenlit("run", name).stdout).toBe("other,main\n");
});

it("lets exit handlers use Node's blocking functions, also when a greenlet exits", () => {
  const name = file(
    "exits.mjs",
    `${IMPORT}import { readFileSync, writeFileSync } from "node:fs";
     process.on("exit", (code) => {
       writeFileSync("last-words.txt", "bye");
       console.log(code, readFileSync("last-words.txt", "utf8"));
     });
     spawn(() => process.exit(4)).join();`,
  );
  expect(greenlit("run", name)).toMatchObject({ stdout: "4 bye\n", status: 4 });
});

/** Runs a program, sends it each signal when it has printed a text, and waits for its end. */
async function signalled(
  name: string,
  signals: NodeJS.Signals[],
  texts: readonly string[] = ["ready", "cleaning"],
): Promise<[number | NodeJS.Signals | null, string]> {
  const child = spawn(process.execPath, [`${DIST}cli.js`, "run", name], { cwd: folder });
  let printed = "";
  const end = once(child, "close");
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (printed += text));
  for (const [i, signal] of signals.entries()) {
    while (!printed.includes(texts[i] as string)) await setTimeout(5);
    child.kill(signal);
  }
  const [code, signal] = (await end) as [number | null, NodeJS.Signals | null];
  return [signal ?? code, printed];
}

it("on the first SIGINT or SIGTERM ends all greenlets, so that finally blocks run", async () => {
  const name = file(
    "interrupted.mjs",
    `${IMPORT}const g = spawn(() => { try { sleep(60_000) } finally { sleep(5); console.log("cleaned up") } });
     console.log("ready");
     try { g.join() } finally { console.log("main ends") }`,
  );
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    const [ended, printed] = await signalled(name, [signal]);
    expect(printed).toContain("main ends");
    expect(printed).toContain(`greenlit: ${signal}: ending 2 greenlets`);
    expect(ended).toBe(code);
  }
});

it("on the second signal ends at once, as node does", async () => {
  const name = file(
    "stubborn.mjs",
    `${IMPORT}import { shield } from ${JSON.stringify(`${DIST}index.js`)};
     console.log("ready");
     try { sleep(60_000) } finally { console.log("cleaning"); shield(() => sleep(60_000)); }`,
  );
  expect((await signalled(name, ["SIGINT", "SIGTERM"]))[0]).toBe("SIGTERM");
});

it("when the grace is over ends all the same, and says who has not ended", async () => {
  const name = file(
    "slow.mjs",
    `${IMPORT}import { config, shield } from ${JSON.stringify(`${DIST}index.js`)};
     config.grace = 30;
     spawn(function cleansForever() { shield(() => sleep(60_000)); });
     sleep(0);
     console.log("ready");
     sleep(60_000);`,
  );
  const [code, printed] = await signalled(name, ["SIGTERM"]);
  expect(printed).toContain("greenlit: 1 greenlet did not end within 0.03 s\n");
  expect(printed).toMatch(/cleansForever-\d+: waits in sleep for/);
  expect(code).toBe(143);
});

it("leaves signals to a program that handles them, and prints all greenlets on SIGUSR2", async () => {
  const name = file(
    "handles.mjs",
    `${IMPORT}process.on("SIGINT", () => console.log("own handler"));
     process.on("SIGTERM", () => process.exit(9));
     spawn(function theSleeper() { sleep(60_000) });
     sleep(1); // until the other sleeps too
     console.log("ready");
     sleep(60_000);`,
  );
  const texts = ["ready", "theSleeper", "own handler"];
  const [code, printed] = await signalled(name, ["SIGUSR2", "SIGINT", "SIGTERM"], texts);
  expect(printed).toMatch(/theSleeper-\d+: waits in sleep for/);
  expect(printed).toContain("own handler");
  expect(code).toBe(9);
});

it("runs the main module once under --import greenlit/register", () => {
  const name = file("once.mjs", `${IMPORT}sleep(1); console.log(getCurrent() !== null);`);
  expect(node("--import", `${DIST}register.js`, name)).toMatchObject({
    stdout: "true\n",
    status: 0,
  });
});

it("throws nothing that --abort-on-uncaught-exception would end the process for", () => {
  const name = file(
    "abort.mts",
    `${IMPORT}import { AsyncResource } from "node:async_hooks";
     import { readFileSync } from "node:fs";
     const late = spawn(() => new AsyncResource("X").runInAsyncScope(() => sleep(1)));
     late.join();
     try {
       readFileSync("no-such-file");
     } catch (error) {
       console.log(error.code);
     }`,
  );
  const flag = "--abort-on-uncaught-exception";
  const well = { stdout: "ENOENT\n", stderr: "", status: 0 };
  expect(node(flag, `${DIST}cli.js`, "run", name)).toMatchObject(well);
  const plain = file("abort.mjs", readFileSync(join(folder, name), "utf8"));
  expect(node(flag, "--import", `${DIST}register.js`, plain)).toMatchObject(well);
});

it("writes a profile that sees greenlets, whatever the driver and however the program ends", () => {
  const name = file(
    "busy.mjs",
    `${IMPORT}function busy() { for (const end = Date.now() + 200; Date.now() < end; ); }
     spawn(busy).join(); process.exit(3);`,
  );
  expect(greenlit("run", "--profile", "busy.cpuprofile", name)).toMatchObject({ status: 3 });
  const { nodes, samples } = JSON.parse(
    readFileSync(join(folder, "busy.cpuprofile"), "utf8"),
  ) as CpuProfile;
  const hits = nodes
    .filter(({ callFrame }) => callFrame.functionName === "busy")
    .reduce((sum, { hitCount }) => sum + hitCount, 0);
  expect(hits).toBeGreaterThan(20);
  expect(samples.length).toBeGreaterThanOrEqual(hits);

  const refused = greenlit("run", "--profile", "no/such/folder", name);
  expect(refused.stderr).toContain("no/such/folder");
  expect(refused.status).toBe(1);
});

it("ends with exit code 1 and the error when the main module fails", () => {
  const { status, stderr } = greenlit("run", file("fails.mjs", "throw new TypeError('as asked');"));
  expect(stderr).toContain("TypeError: as asked");
  expect(status).toBe(1);
});

it("tells of an error that cannot be shown, and not of another one", () => {
  const odd = `const error = new Error("mine");
    Object.defineProperty(error, "stack", { get() { throw new Error("no stack"); } });
    throw error;`;
  const { status, stderr } = greenlit("run", file("odd.mjs", odd));
  expect(status).toBe(1);
  expect(stderr).toMatch(/Error: mine/);
});

it("tells of a deadlock with the program's line, in blocking() too, and none of its own", () => {
  const waits = `import { blocking } from ${JSON.stringify(`${DIST}index.js`)};
    async function* never() { await new Promise(() => {}); yield 1; }
    function reader() {
      for (const x of blocking(never())) console.log(x);
    }
    reader();`;
  const { status, stderr } = greenlit("run", file("waits.mjs", waits));
  expect(status).toBe(1);
  expect(stderr).toMatch(/main-\d+ has waited [\d.]+ s in wait at reader \(.*waits\.mjs:4:/);
  expect(stderr).toMatch(
    /\n {4}at reader \(.*waits\.mjs:4:\d+\)\n {4}at .*waits\.mjs:6:\d+\)? \{\n/,
  );
});

it("ends with 1 where the main module is in a deadlock, with 13 where only others are", () => {
  const Q = `import { Queue } from ${JSON.stringify(`${DIST}index.js`)};`;
  const ofMain = file("deadlock.mjs", `${IMPORT}${Q}new Queue().get();`);
  const ofOthers = file("others.mjs", `${IMPORT}${Q}spawn(() => new Queue().get()); sleep(1);`);
  for (const [name, code] of [
    [ofMain, 1],
    [ofOthers, 13],
  ] as const) {
    const { status, stderr } = greenlit("run", name);
    expect(stderr).toContain("deadlock: nothing is left");
    expect(status).toBe(code);
  }
});

it.each([
  ["throws.mjs", "throw new TypeError('as asked')"],
  ["throws.cjs", "throw new TypeError('as asked')"],
])("has Node write its report of an uncaught error: %s", (name, text) => {
  const report = `${name}.report.json`;
  const flags = ["--report-uncaught-exception", `--report-filename=${report}`];
  greenlit("run", ...flags, file(name, text));
  expect(readFileSync(join(folder, report), "utf8")).toContain("as asked");
});

it("starts once, also where NODE_OPTIONS starts it too", () => {
  const name = file(
    "twice.mjs",
    `${IMPORT}sleep(1); console.log(process.listenerCount("SIGUSR2"));`,
  );
  const { stdout } = spawnSync(process.execPath, [`${DIST}cli.js`, "run", name], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, NODE_OPTIONS: `--import=${DIST}register.js` },
  });
  expect(stdout).toBe("1\n");
});

it.each([[[]], [["walk"]], [["doctor", "--nonsense"]]])("refuses %j with exit code 2", (args) => {
  const { status, stderr } = greenlit(...args);
  expect(stderr).not.toBe("");
  expect(status).toBe(2);
});

it("doctor shows driver, Node, V8 and the self-test", () => {
  const { status, stdout } = greenlit("doctor");
  expect(stdout).toContain(process.version);
  expect(stdout).toContain(process.versions.v8);
  expect(stdout).toMatch(/^backend +epoll\n {2}also uv\n {2}also select\n {2}also poll$/m);
  expect(stdout).toMatch(/switcher +direct/);
  expect(stdout).toContain("ok     survives garbage collection on both stacks");
  expect(status).toBe(0);
});

it("doctor warns, in words and in JSON, of two copies and of a Node that nobody has proved", () => {
  for (const at of ["node_modules/a", "node_modules/b"]) {
    mkdirSync(join(folder, "project", at), { recursive: true });
    const text = JSON.stringify({ name: "@greenlit/core", version: "0.1.0" });
    writeFileSync(join(folder, "project", at, "package.json"), text);
  }
  const preload = file(
    "unknown-node.cjs",
    `Object.defineProperty(process, "version", { value: "v999.0.0" });`,
  );
  const doctor = (...args: string[]): string => {
    const { stdout, status } = spawnSync(
      process.execPath,
      ["--require", join(folder, preload), `${DIST}cli.js`, "doctor", ...args],
      { cwd: join(folder, "project"), encoding: "utf8" },
    );
    expect(status).toBe(0);
    return stdout;
  };
  const text = doctor();
  expect(text).toMatch(/^warning +Node v999\.0\.0: greenlit has been proved on no Node 999/m);
  expect(text).toMatch(/^warning +2 copies of @greenlit\/core/m);
  expect(text).toMatch(/^ +0\.1\.0 +\/.*project\/node_modules\/b$/m);
  expect(text).toMatch(/^Greenlets run here; see the warnings\.$/m);
  const found = JSON.parse(doctor("--json")) as { warnings: string[]; copies: { packages: [] } };
  expect(found.warnings).toHaveLength(2);
  expect(found.copies.packages).toHaveLength(2);
});

it("doctor tells which backend is used, and why one cannot be", () => {
  const doctor = (env: Record<string, string>, ...args: string[]): string =>
    spawnSync(process.execPath, [`${DIST}cli.js`, "doctor", ...args], {
      encoding: "utf8",
      env: { ...process.env, ...env },
    }).stdout;
  expect(doctor({ GREENLIT_BACKEND: "select" })).toMatch(/^backend +select$/m);
  // Without the addon.
  const env = { npm_config_platform: "nowhere", GREENLIT_BACKEND: "poll" };
  const found = JSON.parse(doctor({ GREENLIT_BACKEND: "poll" }, "--json")) as {
    backends: { backend: string; available: { name: string; reason: string | null }[] };
  };
  expect(found.backends.backend).toBe("poll");
  expect(found.backends.available.map(({ name }) => name)).toContain("uring");
  expect(doctor(env)).toContain("npm rebuild @greenlit/backend");
});

it("doctor tells why greenlets cannot run", () => {
  const { status, stdout } = spawnSync(process.execPath, [`${DIST}cli.js`, "doctor"], {
    encoding: "utf8",
    env: { ...process.env, GREENLIT_SWITCHER_SABOTAGE: "self-test" },
  });
  expect(stdout).toContain("Greenlets cannot run here");
  for (const driver of ["direct", "locker", "thread"]) {
    expect(stdout).toMatch(new RegExp(`driver ${driver}: .*self-test`));
    // What each did before it failed.
    expect(stdout).toMatch(
      new RegExp(`not ${driver}: .*\n +ok +switches both ways\n[^]*? +FAILED sabotage: as asked`),
    );
  }
  expect(status).toBe(1);
});

it.each([
  ["thread manager", "locker", ["direct"]],
  ["thread id", "thread", ["direct", "locker"]],
])(
  "doctor, when the %s is not found, shows %s and why no better driver",
  (step, driver, refused) => {
    const { status, stdout } = spawnSync(process.execPath, [`${DIST}cli.js`, "doctor"], {
      encoding: "utf8",
      env: { ...process.env, GREENLIT_SWITCHER_SABOTAGE: step },
    });
    expect(stdout).toMatch(new RegExp(`switcher +${driver}`));
    expect(stdout).toMatch(new RegExp(`self-test of ${driver}:\n +ok +switches both ways`));
    for (const name of refused) {
      expect(stdout).toContain(
        `  not ${name}: the layout of V8's thread state: ${step}: not found`,
      );
    }
    expect(status).toBe(0);
  },
);
