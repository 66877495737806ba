import { run, spawn } from "greenlit";
import { describe, expect, it } from "vitest";
import { errorCode } from "../src/errors.js";
import { Pace } from "../src/pace.js";

function work(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until;);
}

describe("Pace", () => {
  it("gives others their turn when some time has passed, not at each step", async () => {
    const turns = await run(() => {
      let others = 0;
      const other = spawn(() => {
        others++;
      });
      const pace = new Pace();
      pace.step();
      const before = others;
      work(20);
      pace.step();
      other.join();
      return [before, others];
    });
    expect(turns).toEqual([0, 1]);
  });

  it("ends work that takes too much in all", async () => {
    const crawled = run(() => {
      const pace = new Pace(50);
      for (;;) {
        work(10);
        pace.step();
      }
    });
    expect(await crawled.catch(errorCode)).toBe("too-costly");
  });
});
