import { expect, it } from "vitest";
import { Sums } from "../../src/report/sums.js";
import { record } from "../record.js";

it("sums up", () => {
  const sums = new Sums();
  sums.add(record({ bytes: 10, ms: 0 }));
  sums.add(record({ bytes: 20, ms: 10, depth: 2 }));
  sums.add(record({ status: 404, contentType: null, ms: 1_000_000 }));
  sums.add(record({ status: null, error: "timeout" }));
  const { urls, bytes, statuses, types, depths, latencies } = sums.figures;
  expect({ urls, bytes, depths }).toEqual({ urls: 4, bytes: 30, depths: [3, 0, 1] });
  expect(statuses).toEqual([
    ["200", 2],
    ["404", 1],
    ["timeout", 1],
  ]);
  expect(types).toEqual([
    ["text/html", 2, 30],
    ["none", 1, 0],
  ]);
  const taken = latencies.flatMap((count, i) => (count > 0 ? [[i, count]] : []));
  expect(taken).toEqual([
    [0, 1],
    [10, 1],
    [50, 1],
  ]);
});

it("has an end, whatever servers say", () => {
  const sums = new Sums();
  for (let i = 0; i < 1_000; i++) sums.add(record({ contentType: `x/${i}`, depth: i }));
  const { types, depths } = sums.figures;
  expect(types[0]).toEqual(["others", 950, 0]);
  expect(types).toHaveLength(51);
  expect(depths).toHaveLength(51);
});
