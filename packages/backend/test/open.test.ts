// Which backend is used: what the variable says, what the system has.
import { spawnSync } from "node:child_process";
import { Worker } from "node:worker_threads";
import { config, wait } from "@greenlit/core";
import {
  availableBackends,
  type BackendUnavailableError,
  chooseBackend,
  createBackend,
  openBackend,
  READ,
  system,
} from "@greenlit/backend";
import { green, thrownBy } from "@greenlit/testing";
import { afterEach, describe, expect, it } from "vitest";

const NAMES = ["uv", "select", "poll", "epoll", "uring"];

/** What a program prints that is run with a variable, and how it ends. */
function runWith(env: Record<string, string>, code: string): { out: string; err: string } {
  const args = ["--input-type=module", "-e", `import * as b from "@greenlit/backend"; ${code}`];
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: "utf8",
    cwd: new URL(".", import.meta.url),
    env: { ...process.env, ...env },
  });
  return { out: stdout.trim(), err: stderr };
}

afterEach(() => {
  config.backend = "auto";
});

describe("the choice", () => {
  it("is epoll on Linux unless something else is said", () => {
    expect(config.backend).toBe("auto");
    expect(chooseBackend()).toBe(process.platform === "linux" ? "epoll" : "uv");
  });

  it.each(["select", "poll", "uv"] as const)("is %s when that is said", (name) => {
    config.backend = name;
    expect(chooseBackend()).toBe(name);
    expect(runWith({ GREENLIT_BACKEND: name }, "console.log(b.chooseBackend())").out).toBe(name);
  });

  it("is refused when there is no such backend", () => {
    const must = "must be one of auto, uv, select, poll, epoll, uring, not ";
    expect(() => (config.backend = "kqueue" as never)).toThrow(`GREENLIT_BACKEND ${must}"kqueue"`);
    expect(runWith({ GREENLIT_BACKEND: "Epoll" }, "").err).toContain(`${must}"Epoll"`);
  });

  it("is made once for a thread", () => {
    const { out } = runWith(
      { GREENLIT_BACKEND: "select" },
      "console.log(b.openBackend() === b.openBackend(), b.openBackend().name)",
    );
    expect(out).toBe("true select");
  });

  it("is the checking twin when that is said", () => {
    const code = "console.log(b.openBackend().constructor.name)";
    expect(runWith({ GREENLIT_BACKEND_CHECK: "true" }, code).out).toBe("CheckedBackend");
    expect(runWith({}, code).out).toBe("Poller");
  });
});

describe("what the system has", () => {
  it("is told of each, with the reason where it is missing", () => {
    expect(availableBackends().map(({ name }) => name)).toEqual(NAMES);
    for (const { name, reason } of availableBackends()) {
      if (reason === null) createBackend(name).close();
      else expect(reason).not.toBe("");
    }
  });

  it("is told by the error of who asks for another one", () => {
    const code = `
      b.system(); // loads the addon
      Object.defineProperty(process, "platform", { value: "sunos" });
      try { b.openBackend(); } catch (error) {
        console.log(error.code + ": " + error.message + " " + error.backends.length);
      }`;
    expect(runWith({ GREENLIT_BACKEND: "epoll" }, code).out).toBe(
      "ERR_GREENLIT_BACKEND_UNAVAILABLE: the backend epoll cannot be used here: " +
        "it is a part of Linux. Usable: uv, select, poll 5",
    );
  });

  it("is nothing without the addon, and then sockets are Node's streams", () => {
    // No such platform has a binary; node-gyp-build looks here.
    const env = { npm_config_platform: "nowhere", npm_config_arch: "nothing" };
    const found = runWith(env, "console.log(b.chooseBackend(), b.availableBackends()[0].reason)");
    expect(found.out).toMatch(
      /^uv @greenlit\/backend has no native part for Node v.*\(No native build/,
    );
    const { err } = runWith({ ...env, GREENLIT_BACKEND: "poll" }, "b.openBackend()");
    expect(err).toContain("ERR_GREENLIT_BACKEND_UNAVAILABLE");
    expect(err).toContain("None is usable");
    expect(runWith(env, "b.system()").err).toContain("npm rebuild @greenlit/backend");
  });
});

it(
  "select says which descriptors it cannot take",
  green(() => {
    const calls = system();
    const backend = createBackend("select");
    const fds: number[] = [];
    const next = (): number => {
      const pair = calls.socketPair(1) as [number, number];
      fds.push(...pair);
      return Math.max(...pair);
    };
    let highest = next();
    while (highest < 1024) highest = next();
    const error = thrownBy(() => backend.register(highest)) as BackendUnavailableError;
    expect(error.code).toBe("ERR_GREENLIT_DESCRIPTOR_LIMIT");
    expect(error.message).toMatch(/FD_SETSIZE, which is 1024.*GREENLIT_BACKEND=poll/);
    // The last one that it takes works.
    const one = backend.register(1023);
    expect(() => one.wait(READ, "wait", { timeout: 1 })).toThrow("timed out");
    one.release();
    expect(backend.stats().registered).toBe(0);
    // A thread that is started now has a loop whose own descriptor is too high.
    const worker = new Worker(
      `import("@greenlit/backend").then(({ createBackend }) => createBackend("select"));`,
      { eval: true },
    );
    const problem = wait(new Promise<Error>((resolve) => worker.once("error", resolve)));
    expect(problem.message).toContain("select cannot wait for the loop of this thread");
    backend.close();
    for (const fd of fds) calls.close(fd);
    expect(openBackend().name).toBe("epoll");
  }),
);
