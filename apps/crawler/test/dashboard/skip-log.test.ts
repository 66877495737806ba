import { expect, it } from "vitest";
import { SkipLog } from "../../src/dashboard/skip-log.js";
import { Tally } from "../../src/tally.js";

it("has each reason with its count and its newest links", () => {
  const counts = new Tally({ robots: 2 }); // of a run before
  const log = new SkipLog(counts);
  for (let i = 0; i < 1_000; i++) {
    counts.add("nofollow");
    log.add({ reason: "nofollow", url: `http://a/${i}`, referrer: "http://a/" });
  }
  const referrer = "http://a/";
  expect(log.selection).toEqual({
    total: 1_002,
    matching: 2,
    rows: [
      {
        reason: "nofollow",
        count: 1_000,
        examples: [999, 998, 997].map((i) => ({ url: `http://a/${i}`, referrer })),
      },
      { reason: "robots", count: 2, examples: [] },
    ],
  });
});
