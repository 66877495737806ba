import childProcess, { execFileSync, execSync } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { joinAll, spawn, withTimeout } from "@greenlit/core";
import { green } from "@greenlit/testing";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { patchAll, unpatchAll } from "../src/index.js";
import { itIsAsNodes, type Row } from "./as-nodes.js";

const folder = mkdtempSync(join(tmpdir(), "greenlit-child-process-"));
afterAll(() => rmSync(folder, { recursive: true }));

type ChildProcess = typeof childProcess;
type Options = Parameters<ChildProcess["spawnSync"]>[2];

const sh = (script: string, options?: object): Row<ChildProcess> => [
  `spawnSync: ${script} ${JSON.stringify(options) ?? ""}`.slice(0, 120),
  (cp) => cp.spawnSync("sh", ["-c", script], options as Options),
];
const wrong = (what: string, options: unknown): Row<ChildProcess> => [
  `wrong options: ${what}`,
  (cp) => cp.spawnSync("sh", ["-c", "exit"], options as Options),
];

/** Writes to a file of its own, and gives what is in it then. */
const intoFile = (stdio: (fd: number) => unknown[]) => (cp: ChildProcess) => {
  const path = join(folder, "out");
  const fd = openSync(path, "w");
  try {
    const options = { stdio: stdio(fd) } as Options;
    const result = cp.spawnSync("sh", ["-c", "echo out; echo err >&2"], options);
    return [result, readFileSync(path, "utf8")];
  } finally {
    closeSync(fd);
  }
};

/** Gives what has been written to stderr, too. */
const withStderr = (call: (cp: ChildProcess) => unknown) => (cp: ChildProcess) => {
  const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  try {
    let thrown: unknown;
    try {
      return [call(cp), write.mock.calls];
    } catch (error) {
      thrown = error;
    }
    return [thrown, write.mock.calls];
  } finally {
    write.mockRestore();
  }
};

const ROWS: Row<ChildProcess>[] = [
  // What a child gives
  sh("echo out; echo err >&2"),
  sh("exit 3"),
  sh("kill -9 $$"),
  sh("kill $$"),
  ...["utf8", "buffer", "hex", "latin1", "nonsense"].map((encoding) =>
    sh("printf 'h\\303\\251'; printf e >&2", { encoding }),
  ),
  sh("(sleep 0.2; echo late) & echo first"),
  sh("head -c 300000 /dev/zero"),
  sh("head -c 1048576 /dev/zero"),

  // Arguments
  ["file alone", (cp) => cp.spawnSync("true")],
  ["file and options", (cp) => cp.spawnSync("pwd", { cwd: "/" })],
  ["args that are null", (cp) => cp.spawnSync("pwd", null as never, { cwd: "/" })],
  ["args that are undefined", (cp) => cp.execFileSync("pwd", undefined, { cwd: "/" })],
  [
    "options without a prototype",
    (cp) => cp.spawnSync("pwd", { __proto__: null, cwd: "/" } as Options),
  ],
  ["frozen options", (cp) => cp.spawnSync("pwd", Object.freeze({ cwd: "/" }))],
  ["no file", (cp) => cp.spawnSync("")],
  ["a file that is no string", (cp) => cp.execFileSync(1 as never)],
  ["a zero byte in the file", (cp) => cp.spawnSync("a\0b")],
  ["a zero byte in an argument", (cp) => cp.spawnSync("a", ["b\0"])],
  ["args that are a string", (cp) => cp.spawnSync("a", "b" as never)],
  ["an argument that is a number", (cp) => cp.spawnSync("echo", [1, null] as never)],

  // What cannot be started
  ["a file that is not there", (cp) => cp.spawnSync("/no/such", ["a", "b"])],
  ["a file without permission", (cp) => cp.spawnSync("/etc/passwd")],
  ["a folder", (cp) => cp.spawnSync("/")],
  sh("exit", { cwd: "/no/such" }),
  sh("exit", { cwd: "/etc/passwd" }),
  sh("exit", { stdio: [0, 999, 2] }),
  sh("exit", { stdio: ["pipe", { fd: -1 }] }),

  // Options
  sh("pwd", { cwd: "/usr" }),
  ["a folder that is a URL", (cp) => cp.spawnSync("pwd", { cwd: pathToFileURL("/usr") })],
  sh("env", { env: { A: "1", B: undefined, C: "", PATH: process.env["PATH"] } }),
  ["inherited variables", (cp) => cp.spawnSync("env", { env: Object.create({ A: "1" }) })],
  sh("tr '\\0' ' ' < /proc/$$/cmdline", { argv0: "shell" }),
  sh("exit", { detached: true, windowsHide: true }),
  sh("id -u; id -g", { uid: process.getuid?.(), gid: process.getgid?.() }),
  ["a shell", (cp) => cp.spawnSync("echo $0", { shell: true })],
  ["a named shell", (cp) => cp.spawnSync("echo $0", { shell: "/bin/sh" })],
  ["a shell that is not there", (cp) => cp.execSync("echo", { shell: "/no/such" })],
  wrong("null", null),
  wrong("a string", "utf8"),
  wrong("cwd", { cwd: 1 }),
  wrong("uid", { uid: "0" }),
  wrong("gid", { gid: 2 ** 40 }),
  wrong("shell", { shell: 1 }),
  wrong("argv0", { argv0: 1 }),
  wrong("detached", { detached: 1 }),
  wrong("windowsHide", { windowsHide: 1 }),
  wrong("env", { env: { A: "\0" } }),
  wrong("timeout", { timeout: -1 }),
  wrong("timeout that is text", { timeout: "1" }),
  wrong("maxBuffer", { maxBuffer: -1 }),
  wrong("killSignal", { killSignal: "NONE" }),
  wrong("killSignal 0", { killSignal: 0 }),
  wrong("killSignal that is an object", { killSignal: {} }),
  wrong("stdio", { stdio: "tube" }),
  wrong("stdio with ipc", { stdio: ["ipc"] }),
  wrong("stdio with an object", { stdio: [{}] }),
  wrong("input", { input: 1 }),

  // Input
  ...["text", "", "x".repeat(300_000), Buffer.from("bytes"), new Uint16Array([1, 2])].map((input) =>
    sh("cat", { input }),
  ),
  sh("cat", { input: new DataView(new Uint8Array([65, 66, 67]).buffer, 1) }),
  sh("cat", { input: "6869", encoding: "hex" }),
  sh("cat", { stdio: "pipe" }),
  sh("exec sleep 0.1", { input: "x".repeat(3_000_000) }),

  // Descriptors
  sh("echo x; echo y >&2", { stdio: "ignore" }),
  sh("exit 4", { stdio: "inherit" }),
  sh("x=$(readlink /proc/$$/fd/1); echo $x >&3", {
    stdio: ["inherit", "inherit", "inherit", "pipe"],
  }),
  sh("readlink /proc/self/fd/0 /proc/self/fd/2", { stdio: [0, null, 2] }),
  sh("echo three >&3; echo four >&4; echo one", {
    stdio: [null, -1, undefined, "pipe", "pipe"],
  }),
  // eslint-disable-next-line no-sparse-arrays
  sh("echo one; exec <&- >&2", { stdio: [, "pipe", "pipe"] }),
  sh("cat <&3", { stdio: ["ignore", "pipe", "pipe", "ignore"] }),
  sh("cat", { stdio: ["pipe", "pipe", "inherit"], input: "in" }),
  ["a descriptor", intoFile((fd) => ["ignore", fd, fd])],
  ["an object with a descriptor", intoFile((fd) => ["ignore", "pipe", { fd }])],

  // Limits
  sh("echo 0123456789; exec sleep 100", { maxBuffer: 4 }),
  sh("echo 0123456789; exec sleep 100", { maxBuffer: 4, killSignal: "SIGKILL", encoding: "utf8" }),
  sh("echo 0123; sleep 0.1; echo 4567 >&2; exec sleep 100", { maxBuffer: 8 }),
  sh("echo 0123", { maxBuffer: 5 }),
  sh("head -c 1100000 /dev/zero", { maxBuffer: 0 }),
  sh("head -c 1100000 /dev/zero", { maxBuffer: Infinity }),
  sh("exec sleep 100", { timeout: 20 }),
  sh("exec sleep 100", { timeout: 20, killSignal: 9 }),
  sh("exec sleep 100", { timeout: 20, stdio: "inherit" }),
  sh("echo before; exec sleep 100", { timeout: 1500 }),
  sh("sleep 0.2; echo end", { timeout: 100_000 }),
  sh("echo end", { timeout: 0 }),

  // The other two
  ["execFileSync", (cp) => cp.execFileSync("echo", ["a", "b"])],
  ["execFileSync with an encoding", (cp) => cp.execFileSync("echo", ["a"], { encoding: "utf8" })],
  ["execFileSync and an error", withStderr((cp) => cp.execFileSync("sh", ["-c", "exit 2"]))],
  [
    "execFileSync and stderr",
    withStderr((cp) => cp.execFileSync("sh", ["-c", "echo why >&2; exit 2"])),
  ],
  [
    "execFileSync, stderr and stdio",
    withStderr((cp) => cp.execFileSync("sh", ["-c", "echo why >&2; exit 2"], { stdio: "pipe" })),
  ],
  [
    "execFileSync, and argv0 in the message",
    (cp) => cp.execFileSync("sh", ["-c", "exit 2"], { argv0: "other", stdio: "ignore" } as Options),
  ],
  ["execFileSync, not there", (cp) => cp.execFileSync("/no/such", ["a"], { encoding: "utf8" })],
  ["execFileSync, killed", (cp) => cp.execFileSync("sh", ["-c", "kill -9 $$"])],
  ["execFileSync, in time", (cp) => cp.execFileSync("sleep", ["100"], { timeout: 20 })],
  ["execSync", (cp) => cp.execSync("echo a b")],
  ["execSync with options", (cp) => cp.execSync("cat; pwd", { input: "in", cwd: "/" })],
  ["execSync and an error", withStderr((cp) => cp.execSync("echo out; echo why >&2; exit 2"))],
  ["execSync, not there", withStderr((cp) => cp.execSync("/no/such a"))],
  ["execSync, too much", (cp) => cp.execSync("echo 0123456789; exec sleep 100", { maxBuffer: 3 })],
  ["execSync of no string", (cp) => cp.execSync(1 as never)],
];

describe("in a greenlet, as in Node", () => {
  itIsAsNodes("child_process", childProcess, ROWS, (key, value) =>
    key === "pid" && typeof value === "number" && value > 0 ? "a process id" : value,
  );
});

describe("child_process", () => {
  beforeEach(patchAll);
  afterEach(unpatchAll);

  it(
    "has 20 children at a time",
    green(() => {
      // Each takes a word from the one before. The first gets it from the last.
      const pipe = (i: number): string => join(folder, `pipe${i}`);
      const all = Array.from({ length: 20 }, (_, i) => i);
      execFileSync("mkfifo", all.map(pipe));
      const pass = (i: number): string =>
        i < 19
          ? execSync(`read x < ${pipe(i)}; echo $x > ${pipe(i + 1)}; echo $x`, OPTIONS)
          : execSync(`echo word > ${pipe(0)}; read x < ${pipe(19)}; echo $x`, OPTIONS);
      const OPTIONS = { encoding: "utf8", timeout: 40_000 } as const;
      const children = all.map((i) => spawn(pass, i));
      joinAll(children);
      expect(children.map((child) => child.get())).toEqual(all.map(() => "word\n"));
    }),
  );

  it(
    "ends the child of a greenlet that has been interrupted",
    green(() => {
      const ready = join(folder, "ready");
      const gone = join(folder, "gone");
      // A shell waits for `sleep` before it looks at signals.
      const script = `trap 'echo > ${gone}; exit' USR1; echo > ${ready}; while :; do sleep 0.05; done`;
      const g = spawn(() => execFileSync("sh", ["-c", script], { killSignal: "SIGUSR1" }));
      while (!existsSync(ready));
      g.kill();
      while (!existsSync(gone));
      expect(withTimeout(1, () => execSync("exec sleep 100"), "late")).toBe("late");
    }),
  );

  it(
    "takes a call that reading its options makes for another one",
    green(() => {
      const env = { PATH: process.env["PATH"] };
      const options = {
        encoding: "utf8",
        get env() {
          return { ...env, INNER: execSync("echo inner", { encoding: "utf8" }) };
        },
      } as const;
      expect(execSync("echo $INNER", options)).toBe("inner\n");
    }),
  );
});
