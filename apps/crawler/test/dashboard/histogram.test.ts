import { expect, it } from "vitest";
import { Histogram } from "../../src/dashboard/histogram.js";

function of(values: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

it("knows each value to within a sixteenth of itself, however large", () => {
  for (let value = 0.1; value < 1_000_000; value *= 1.07) {
    const known = of([value]).percentile(1);
    expect(Math.abs(known - value), String(value)).toBeLessThanOrEqual(0.05 + value / 16);
  }
});

it("tells percentiles as sorting would", () => {
  const values = Array.from({ length: 10_000 }, (_, i) => 5 + ((i * 7_919) % 10_000) / 10);
  const sorted = values.toSorted((a, b) => a - b);
  const histogram = of(values);
  for (const share of [0.01, 0.5, 0.9, 0.99, 1]) {
    const exact = sorted[Math.ceil(share * sorted.length) - 1]!;
    const ratio = histogram.percentile(share) / exact;
    expect(Math.abs(ratio - 1), String(share)).toBeLessThan(1 / 16);
  }
  expect(histogram.count).toBe(10_000);
});

it("says nothing of no values, and takes those that are none for the nearest", () => {
  expect(of([]).percentiles).toEqual({ count: 0, p50: 0, p90: 0, p99: 0 });
  expect(of([-5]).percentile(1)).toBe(0);
  expect(of([1e12]).percentile(1)).toBeGreaterThan(1_500_000);
});

it("divides values into bars, of which the last has no end", () => {
  const histogram = of([0, 1, 3, 3, 30, 3_000, 90_000, 90_000]);
  expect(histogram.shares([0, 2, 10, 1_000])).toEqual([0.25, 0.25, 0.125, 0.375]);
  expect(of([]).shares([0, 1])).toEqual([0, 0]);
});

it("adds another one, and is empty again", () => {
  const histogram = of([1, 2]);
  histogram.add(of([3]));
  expect(histogram.count).toBe(3);
  histogram.clear();
  expect(histogram.percentiles).toEqual({ count: 0, p50: 0, p90: 0, p99: 0 });
});
