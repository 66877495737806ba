// select, poll and epoll really are the system calls of these names: strace looks.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { availableBackends } from "@greenlit/backend";
import { afterAll, describe, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "greenlit-strace-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { error: noStrace } = spawnSync("strace", ["-V"]);

/** A process that waits once for a descriptor whose number is 400, for 100 ms, with a driver. */
const PROGRAM = `
  import { run, sleep, spawn } from "@greenlit/core";
  import { createBackend, READ, system } from "@greenlit/backend";
  const calls = system();
  const others = [];
  for (;;) {
    const pair = calls.socketPair(1);
    others.push(...pair);
    if (pair[0] >= 400) break;
  }
  await run(() => {
    const [one, other] = others.slice(-2);
    const backend = createBackend(process.argv[1]);
    const descriptor = backend.register(one);
    console.error("descriptor", one);
    const reader = spawn(() => descriptor.receive(10, "receive"));
    sleep(100);
    calls.send(other, Buffer.from("x"), 0);
    reader.join();
    descriptor.close();
  });
`;

/** 200 batches, each with a switch. */
const SWITCHES = `
  import { writeSync } from "node:fs";
  import { run, spawn } from "@greenlit/core";
  import { createBackend, system } from "@greenlit/backend";
  await run(() => {
    const backend = createBackend("epoll");
    const [one, other] = system().socketPair(1).map((fd) => backend.register(fd));
    const echo = spawn(() => {
      for (let data; (data = one.receive(10, "receive")) !== null; ) one.send(data, "send");
    });
    const rounds = (count) => {
      for (let i = 0; i < count; i++) {
        other.send(Buffer.from("x"), "send");
        other.receive(10, "receive");
      }
    };
    rounds(50);
    writeSync(2, "begin\\n");
    rounds(200);
    writeSync(2, "end\\n");
    other.close();
    echo.join();
    one.close();
  });
`;

/** The system calls of the main thread that wait, one a line, and the number of the descriptor. */
function callsOf(driver: string): { lines: string[]; fd: string } {
  const file = join(folder, driver);
  const { stderr, status } = spawnSync(
    "strace",
    [
      ...["-o", file, "-e", "trace=select,pselect6,poll,ppoll,epoll_wait,epoll_pwait,epoll_ctl"],
      ...[process.execPath, "--input-type=module", "-e", PROGRAM, driver],
    ],
    { encoding: "utf8", cwd: new URL(".", import.meta.url) },
  );
  expect(status, stderr).toBe(0);
  const fd = /^descriptor (\d+)$/m.exec(stderr)?.[1] as string;
  return { lines: readFileSync(file, "utf8").split("\n"), fd };
}

const expectations: Record<string, (fd: string) => RegExp> = {
  select: (fd) => new RegExp(`^p?select6?\\(${Number(fd) + 1}, \\[.*\\b${fd}\\]`),
  poll: (fd) => new RegExp(`^p?poll\\(.*\\{fd=${fd}, events=POLLIN`),
  epoll: (fd) => new RegExp(`^epoll_ctl\\(\\d+, EPOLL_CTL_ADD, ${fd}, .*EPOLLET`),
  uv: (fd) => new RegExp(`^epoll_ctl\\(\\d+, EPOLL_CTL_ADD, ${fd}, `),
};

describe.skipIf(noStrace !== undefined)(
  `system calls${noStrace === undefined ? "" : " (strace is not installed)"}`,
  () => {
    for (const [driver, pattern] of Object.entries(expectations)) {
      const reason = availableBackends().find(({ name }) => name === driver)?.reason;
      it.skipIf(reason !== null)(`${driver}${reason === null ? "" : `: ${reason}`}`, () => {
        const { lines, fd } = callsOf(driver);
        const own = lines.filter((line) => pattern(fd).test(line));
        expect(own.length, lines.join("\n")).toBeGreaterThan(0);
        // And none of those of the others.
        for (const [other, theirs] of Object.entries(expectations)) {
          if (other === driver || [driver, other].sort().join() === "epoll,uv") continue;
          expect(lines.filter((line) => theirs(fd).test(line))).toEqual([]);
        }
        // One registration for the life of the descriptor.
        if (driver === "epoll") expect(own).toHaveLength(1);
      });
    }

    it("switching in a callback of the addon makes none", () => {
      const file = join(folder, "switches");
      const { stderr, status } = spawnSync(
        "strace",
        [
          ...["-o", file, "-e", "trace=process_vm_readv,mincore,msync,write"],
          ...[process.execPath, "--input-type=module", "-e", SWITCHES],
        ],
        { encoding: "utf8", cwd: new URL(".", import.meta.url) },
      );
      expect(status, stderr).toBe(0);
      const lines = readFileSync(file, "utf8").split("\n");
      const [from, to] = ["begin", "end"].map((word) =>
        lines.findIndex((line) => line.includes(`"${word}`)),
      );
      expect(from).toBeGreaterThan(0);
      expect(to).toBeGreaterThan(from as number);
      const probes = lines.slice(from, to).filter((line) => line.startsWith("process_vm_readv"));
      expect(probes.length).toBeLessThan(20);
    });
  },
);
