import { expect, it } from "vitest";
import { type Fields, type Query, select } from "../../src/dashboard/query.js";

interface Row {
  readonly name: string;
  readonly size: number | null;
}

const FIELDS: Fields<Row> = {
  text: ({ name }) => name,
  value: (row, sort) => (sort === "size" ? row.size : row.name),
};

const query = (change: Partial<Query> = {}): Query => ({
  filter: "",
  sort: "size",
  descending: true,
  limit: 10,
  ...change,
});

const rows = Array.from({ length: 5_000 }, (_, i): Row => ({
  name: `Row ${i}`,
  size: i === 7 ? null : (i * 7_919) % 5_000,
}));

it("gives the first rows of all, in the order asked for", () => {
  const largest = select(rows, query({ limit: 3 }), FIELDS);
  expect(largest).toMatchObject({ total: 5_000, matching: 5_000 });
  const sorted = rows.toSorted((a, b) => (b.size ?? Infinity) - (a.size ?? Infinity));
  expect(largest.rows).toEqual(sorted.slice(0, 3));
  const smallest = select(rows, query({ limit: 2, descending: false }), FIELDS);
  expect(smallest.rows.map(({ size }) => size)).toEqual([0, 1]);
  const byName = select(rows, query({ sort: "name", descending: false, limit: 2 }), FIELDS);
  expect(byName.rows.map(({ name }) => name)).toEqual(["Row 0", "Row 1"]);
});

it("gives those that have the words of the filter, in capitals or not", () => {
  const found = select(rows, query({ filter: "rOw 499" }), FIELDS);
  expect(found).toMatchObject({ total: 5_000, matching: 11 });
  expect(found.rows).toHaveLength(10);
  expect(select(rows, query({ filter: "(" }), FIELDS)).toMatchObject({ matching: 0, rows: [] });
});
