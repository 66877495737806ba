// One crawl by several processes of this machine, from the outside: the command.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Summary } from "../src/summary.js";
import { command, recordsOf, urlsOf } from "./job-command.js";
import { childrenOf } from "./children.js";
import { temporaryFolder } from "./folder.js";
import { serveHosts } from "./hosts-site.js";

const ARGS = ["--scope", "any", "--allow-private", "--job", "j", "--json"];

/** Calls `body` when the site was asked so often, with the command's process. */
function whenAsked(requests: readonly string[], count: number, body: (pid: number) => void) {
  return ({
    pid,
    ...child
  }: {
    pid?: number | undefined;
    once(event: "close", f: () => void): unknown;
  }): void => {
    void child;
    const timer = setInterval(() => {
      if (requests.length < count) return;
      clearInterval(timer);
      body(pid!);
    }, 1);
    timer.unref();
  };
}

describe("several processes", () => {
  it("do a crawl together: each URL once, no host asked more often, one output", async () => {
    const site = await serveHosts(4, 60);
    const cwd = temporaryFolder();
    const { code, out } = await command(cwd, [
      site.seed,
      "--workers",
      "3",
      "--per-host",
      "4",
      ...ARGS,
    ]);
    expect(code).toBe(0);
    expect(urlsOf(join(cwd, "j/pages.jsonl"))).toEqual(site.urls);
    expect(
      recordsOf(join(cwd, "j/pages.jsonl"))
        .map((it) => it.finalUrl)
        .sort(),
    ).toEqual(site.pages);
    expect(new Set(site.requests).size).toBe(site.requests.length);
    expect(site.most).toBeLessThanOrEqual(4);
    const summary = JSON.parse(out) as Summary;
    expect(summary).toMatchObject({ interrupted: false, failed: 0, skipped: {}, hosts: 4 });
    expect(summary.pages).toBe(site.urls.length);
    expect(readdirSync(join(cwd, "j")).filter((name) => name.startsWith("worker-"))).toEqual([]);
  });

  it("all have something to do, even of one host", async () => {
    const site = await serveHosts(1, 300, 10);
    const cwd = temporaryFolder();
    let most = 0;
    const { code } = await command(cwd, [site.seed, "--workers", "2", "--per-host", "4", ...ARGS], {
      during: (child) => {
        const timer = setInterval(() => {
          const sizes = ["1", "2"].map((name) => {
            const file = join(cwd, `j/worker-${name}/pages.jsonl`);
            return existsSync(file) ? recordsOf(file).length : 0;
          });
          most = Math.max(most, Math.min(...sizes));
        }, 20);
        child.once("close", () => clearInterval(timer));
      },
    });
    expect(code).toBe(0);
    expect(urlsOf(join(cwd, "j/pages.jsonl"))).toEqual(site.urls);
    expect(site.most).toBeLessThanOrEqual(4);
    expect(most).toBeGreaterThan(30);
  });

  it("stop at exactly so many pages, and go on, whatever their number", async () => {
    const site = await serveHosts(3, 40);
    const cwd = temporaryFolder();
    const file = join(cwd, "j/pages.jsonl");
    const first = await command(cwd, [site.seed, "--workers", "3", "--max-pages", "50", ...ARGS]);
    expect(first.code).toBe(0);
    expect(JSON.parse(first.out)).toMatchObject({ pages: 50, limit: "max-pages" });
    expect(recordsOf(file)).toHaveLength(50);
    const second = await command(cwd, ["--workers", "2", "--max-pages", "80", ...ARGS]);
    expect(JSON.parse(second.out)).toMatchObject({ pages: 80 });
    const third = await command(cwd, ARGS); // alone
    expect(third.code).toBe(0);
    expect(urlsOf(file)).toEqual(site.urls);
    expect(JSON.parse(third.out)).toMatchObject({ pages: 120, failed: 0 });
  });

  it("are started again when they die, and lose nothing", async () => {
    const site = await serveHosts(3, 60);
    const cwd = temporaryFolder();
    const { code, err } = await command(cwd, [site.seed, "--workers", "2", ...ARGS], {
      during: whenAsked(site.requests, 60, (pid) => {
        const [first] = childrenOf(pid);
        process.kill(first!, "SIGKILL");
      }),
    });
    expect(err).toMatch(/Worker \d died \(SIGKILL\): it is started again. Nothing is lost.\n/);
    expect(code).toBe(0);
    expect(urlsOf(join(cwd, "j/pages.jsonl"))).toEqual(site.urls);
  });

  it.each(["SIGINT", "SIGTERM"] as const)(
    "stop at %s: the rest is for the next run",
    async (signal) => {
      const site = await serveHosts(3, 60);
      const cwd = temporaryFolder();
      const interrupted = await command(cwd, [site.seed, "--workers", "2", ...ARGS], {
        during: whenAsked(site.requests, 40, (pid) => process.kill(pid, signal)),
      });
      expect(interrupted.code).toBe(130);
      expect(JSON.parse(interrupted.out)).toMatchObject({ interrupted: true, failed: 0 });
      const done = urlsOf(join(cwd, "j/pages.jsonl"));
      expect(done.length).toBeLessThan(site.urls.length);
      expect((await command(cwd, [site.seed, "--workers", "2", ...ARGS])).code).toBe(0);
      expect(urlsOf(join(cwd, "j/pages.jsonl"))).toEqual(site.urls);
    },
  );

  it("end when the first one is killed, and the next run takes over what they wrote", async () => {
    const site = await serveHosts(3, 60);
    const cwd = temporaryFolder();
    await command(cwd, [site.seed, "--workers", "2", ...ARGS], {
      during: whenAsked(site.requests, 60, (pid) => process.kill(pid, "SIGKILL")),
    });
    expect((await command(cwd, [site.seed, "--workers", "2", ...ARGS])).code).toBe(0);
    expect(urlsOf(join(cwd, "j/pages.jsonl"))).toEqual(site.urls);
  });

  it("give up what they cannot do, with the reason", async () => {
    const site = await serveHosts(1, 10);
    const cwd = temporaryFolder();
    const args = [site.seed, "--workers", "2", "--output", "/dev/full", ...ARGS];
    const { code, err } = await command(cwd, args);
    expect(code).toBe(1);
    expect(err).toContain("greenlit-crawl: /dev/full cannot be written: ENOSPC");
  });
});
