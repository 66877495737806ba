// The switcher on arm64, on a machine that is none: cross-compiled, and run under qemu's user
// emulation.
//
//   node scripts/arm64.mjs [--nodes 20,22] [--programs gc,wasm] [--packages switcher,core]
//                          [--scale 0.05] [--jobs 2]
//
// First stacks and switches alone: on a processor that signs return addresses and checks branch
// targets, on one that knows neither, and with pages of 16 and 64 KB. Then the whole programs on
// each Node, and some again with pages of 64 KB. Nodes come from the registry and are kept in
// .cache. Exits with 1 if anything failed.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { compileFor, fetchNode, findPrograms, MAJORS } from "./programs.mjs";
import { build, install, root } from "./workspace.mjs";

// Emulation is slow: some 30 times here.
const TIME_LIMIT = 900_000;

// A real processor signs in an instant; emulating its algorithm takes half the time, this one signs
// as well.
const NEW_PROCESSOR = ["-cpu", "max,pauth-impdef=on"];
const NATIVE = [
  { name: "new processor", qemu: NEW_PROCESSOR, ways: ["plain", "protected"] },
  { name: "old processor", qemu: ["-cpu", "cortex-a57"], ways: ["plain", "protected"] },
  { name: "16 KB pages", qemu: [...NEW_PROCESSOR, "-p", "16384"], ways: ["plain"] },
  { name: "64 KB pages", qemu: [...NEW_PROCESSOR, "-p", "65536"], ways: ["plain"] },
];

/**
 * What large pages matter to: stacks that go deep, are many, and are visited by garbage collection.
 */
const LARGE_PAGES = ["-p", "65536"];
const ON_LARGE_PAGES = ["deep-recursion", "gc-parked", "ten-thousand", "worker-sequence"];

const { values: options } = parseArgs({
  options: {
    nodes: { type: "string", default: MAJORS.join() },
    programs: { type: "string", default: "" },
    packages: { type: "string", default: "switcher" },
    scale: { type: "string", default: "0.05" },
    jobs: { type: "string", default: "2" },
  },
});

/** What must be installed, found, or this process ends and says how to get it. */
function findTools() {
  if (process.platform !== "linux" || process.arch === "arm64") {
    console.error(
      process.platform === "linux"
        ? "greenlit: this machine is arm64: npm test runs everything here, without emulation"
        : "greenlit: emulating arm64 needs Linux",
    );
    process.exit(1);
  }
  const runs = (/** @type {string} */ command) =>
    spawnSync(command, ["--version"], { stdio: "ignore" }).status === 0;
  const qemu = ["qemu-aarch64-static", "qemu-aarch64"].find(runs);
  const cxx = process.env.CXX ?? "aarch64-linux-gnu-g++";
  const libraries = process.env.QEMU_LD_PREFIX ?? "/usr/aarch64-linux-gnu";
  const missing = [];
  if (qemu === undefined) missing.push("qemu-aarch64 (Debian, Ubuntu: qemu-user-static)");
  if (!runs(cxx)) missing.push(`the cross compiler ${cxx} (g++-aarch64-linux-gnu)`);
  for (const [file, from] of /** @type {const} */ ([
    ["ld-linux-aarch64.so.1", "libc6-arm64-cross"],
    ["libstdc++.so.6", "libstdc++6-arm64-cross"],
  ])) {
    if (existsSync(join(libraries, "lib", file))) continue;
    missing.push(`${file} in ${libraries}/lib (${from}; QEMU_LD_PREFIX names another folder)`);
  }
  if (missing.length > 0 || qemu === undefined) {
    console.error(`greenlit: emulating arm64 needs\n  ${missing.join("\n  ")}`);
    console.error(
      "On Debian and Ubuntu: apt-get install -y qemu-user-static g++-aarch64-linux-gnu " +
        "libc6-arm64-cross libstdc++6-arm64-cross",
    );
    process.exit(1);
  }
  return { qemu, cxx, libraries };
}

/**
 * An emulated Node that can be run by its path, also by itself: the kernel does not know how to
 * start a program for arm64, so process.execPath must name something it can start.
 * @param {string} name
 * @param {string} home
 * @param {readonly string[]} pages
 * @param {{ qemu: string, libraries: string }} tools
 */
function emulate(name, home, pages, { qemu, libraries }) {
  const folder = join(root, ".cache/arm64");
  mkdirSync(folder, { recursive: true });
  const [command, preload] = [join(folder, name), join(folder, `${name}.cjs`)];
  writeFileSync(preload, `process.execPath = ${JSON.stringify(command)};\n`);
  const node = [qemu, ...NEW_PROCESSOR, ...pages, "-L", libraries, join(home, "bin/node")];
  const quoted = [...node, "--require", preload].map((word) => `'${word}'`).join(" ");
  writeFileSync(command, `#!/bin/sh\nexec ${quoted} "$@"\n`, { mode: 0o755 });
  return command;
}

const tools = findTools();
install();
build();
// Only now: it is one of the packages that are built.
const { runProgram } = await import("@greenlit/testing/run-program");
const started = performance.now();
const failures = [];
/** @type {[name: string, result: string][]} */
const rows = [];

for (const { name, qemu, ways } of NATIVE) {
  const script = join(root, "packages/switcher/test/native/run.sh");
  const emulator = [tools.qemu, ...qemu, "-L", tools.libraries].join(" ");
  const { status, stdout, stderr } = spawnSync(script, ways, {
    encoding: "utf8",
    env: { ...process.env, CXX: tools.cxx, RUN: emulator },
  });
  console.error(`native test, ${name}:\n  ${(stdout + stderr).trimEnd().replaceAll("\n", "\n  ")}`);
  rows.push([`native test, ${name}`, status === 0 ? "passed" : "FAILED"]);
  if (status !== 0) failures.push(`native test, ${name}`);
}

const all = findPrograms(options.packages.split(","), options.programs.split(","));
const nodes = options.nodes.split(",").flatMap((major) => {
  const home = fetchNode(major, "arm64");
  console.error(`greenlit: compiling for Node ${major} ...`);
  compileFor(home);
  const command = emulate(`node${major}`, home, [], tools);
  const version = execFileSync(command, ["-p", "process.version + ' ' + process.arch"])
    .toString()
    .trim();
  return [
    { name: `Node ${version}`, command, programs: all, passed: 0 },
    {
      name: `Node ${version}, 64 KB pages`,
      command: emulate(`node${major}-64k`, home, LARGE_PAGES, tools),
      programs: all.filter(({ name }) => ON_LARGE_PAGES.some((part) => name.includes(part))),
      passed: 0,
    },
  ];
});

const queue = nodes.flatMap((node) => node.programs.map((program) => ({ ...program, node })));
const total = queue.length;
let done = 0;
async function work() {
  for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
    const { node, name, path } = job;
    const { passed, seconds, report } = await runProgram(path, {
      node: node.command,
      env: { GREENLIT_SWITCHER: "" },
      scale: Number(options.scale),
      timeLimit: TIME_LIMIT,
    });
    done++;
    const outcome = passed ? "ok" : "FAILED";
    console.error(`${done}/${total} ${node.name} ${name} ${seconds.toFixed(1)} s ${outcome}`);
    if (passed) {
      node.passed++;
      continue;
    }
    failures.push(`${node.name} ${name}`);
    console.error(`\nFAILED ${name} on ${node.name}:\n${report}\n`);
  }
}
await Promise.all(Array.from({ length: Number(options.jobs) }, work));

for (const { name, passed, programs } of nodes) {
  rows.push([`programs, ${name}`, `${passed} of ${programs.length}`]);
}
const width = Math.max(...rows.map(([name]) => name.length));
console.log(`\n| ${"emulated".padEnd(width)} | result   |\n| ${"-".repeat(width)} | -------- |`);
for (const [name, result] of rows) console.log(`| ${name.padEnd(width)} | ${result.padEnd(8)} |`);
const seconds = Math.round((performance.now() - started) / 1000);
console.log(`\n${NATIVE.length + done} runs in ${seconds} s, ${failures.length} failed`);
for (const failure of failures) console.log(`  ${failure}`);
process.exitCode = failures.length === 0 && done > 0 ? 0 : 1;
