import { expect, it } from "vitest";
import { RollingHistogram } from "../../src/dashboard/rolling-histogram.js";

it("forgets what is older than a minute, and counts all of it as a whole", () => {
  const histogram = new RollingHistogram();
  for (let second = 0; second < 300; second++) histogram.record(second, second * 1_000);
  const lastMinute = histogram.lastMinute(299_000);
  expect(lastMinute.count).toBe(60);
  expect(lastMinute.percentile(0.01)).toBeGreaterThan(220);
  expect(histogram.whole.count).toBe(300);
  expect(histogram.lastMinute(330_000).count).toBe(20); // of the part from 280 on
  expect(histogram.lastMinute(1e9).count).toBe(0);
  histogram.record(1, 1e9);
  expect(histogram.lastMinute(1e9 + 50_000).count).toBe(1);
});
