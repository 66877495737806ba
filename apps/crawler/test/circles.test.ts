import { run, sleep, spawn } from "greenlit";
import { describe, expect, it } from "vitest";
import { Circles } from "../src/circles.js";

/** What becomes of redirects, in the order in which they are settled. */
function follow(circles: Circles, redirects: readonly [string, string][]): string[] {
  const settled: string[] = [];
  for (const [from, to] of redirects) {
    spawn(() => settled.push(`${from} ${circles.leadsToCircle([from], to) ? "circle" : "ends"}`));
    sleep(0);
  }
  return settled;
}

describe("Circles", () => {
  it("tells each redirect of a circle, and those that lead into it", async () => {
    await run(() => {
      const circles = new Circles();
      const settled = follow(circles, [
        ["/tail", "/a"],
        ["/a", "/b"],
        ["/b", "/c"],
      ]);
      expect(settled).toEqual([]);
      expect(circles.leadsToCircle(["/c"], "/a")).toBe(true);
      sleep(0);
      expect(settled.toSorted()).toEqual(["/a circle", "/b circle", "/tail circle"]);
      for (const url of ["/a", "/b", "/c", "/tail"]) circles.end([url]);
      // Whoever comes later is told at once.
      expect(circles.leadsToCircle(["/late"], "/tail")).toBe(true);
    });
  });

  it("waits for the target, and for what that waits for", async () => {
    await run(() => {
      const circles = new Circles();
      const settled = follow(circles, [
        ["/a", "/b"],
        ["/b", "/c"],
      ]);
      circles.end(["/x"]);
      sleep(0);
      expect(settled).toEqual([]);
      circles.end(["/c"]);
      sleep(0);
      expect(settled.toSorted()).toEqual(["/a ends", "/b ends"]);
      expect(circles.leadsToCircle(["/late"], "/c")).toBe(false);
    });
  });

  it("sees that a redirect passed others on its way", async () => {
    await run(() => {
      const circles = new Circles();
      const settled = follow(circles, [["/z", "/y"]]);
      expect(circles.leadsToCircle(["/x", "/y"], "/z")).toBe(true);
      sleep(0);
      expect(settled).toEqual(["/z circle"]);
    });
  });

  it("lets go of whatever waits, of the oldest when there are too many, and of the killed", async () => {
    await run(() => {
      const circles = new Circles();
      const many = Array.from({ length: 501 }, (_, i): [string, string] => [`/${i}`, "/never"]);
      const settled = follow(circles, many);
      sleep(0);
      expect(settled).toEqual(["/0 ends"]);
      circles.release();
      sleep(0);
      expect(settled).toHaveLength(501);
      const killed = spawn(() => circles.leadsToCircle(["/a"], "/b"));
      sleep(0);
      killed.kill();
      const after = spawn(() => circles.leadsToCircle(["/b"], "/a")); // no circle without it
      sleep(0);
      circles.end(["/a"]);
      expect(after.get()).toBe(false);
    });
  });
});
