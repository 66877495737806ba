import { expect, it } from "vitest";
import { FILTERS, PageRows } from "../../../src/report/page/page-rows.js";
import { PageList } from "../../../src/report/page-list.js";
import { record } from "../../record.js";

const list = new PageList();
list.add(record({ url: "http://a/", title: "Home", ms: 5 }));
list.add(record({ url: "http://a/one", title: "Same", ms: 30, depth: 1 }));
list.add(record({ url: "http://a/two", title: "Same", ms: 20, depth: 1 }));
list.add(record({ url: "http://a/three", title: " ".trim(), ms: 10, depth: 1 }));
list.add(record({ url: "http://a/gone", status: 404, title: "Same", depth: 1 }));
list.add(record({ url: "http://a/i.png", contentType: "image/png", depth: 2 }));
list.add(
  record({ url: "http://a/old", redirects: [{ status: 301, to: "http://a/" }], title: "Home" }),
);
list.columns.linked.splice(0, 7, 0, 3, 1, 1, 2, 1, 0);
const rows = new PageRows(list.columns);

it.each([
  ["all", [0, 1, 2, 3, 4, 5, 6]],
  ["broken", [4]],
  ["moved", [6]],
  ["html", [0, 1, 2, 3, 6]],
  ["untitled", [3]],
  ["same", [0, 1, 2, 6]],
  ["unlinked", [6]],
])("chooses %s", (filter, chosen) => {
  expect(FILTERS).toHaveProperty(filter);
  expect([...rows.choose(filter, "")]).toEqual(chosen);
  expect(rows.count(filter)).toBe(chosen.length);
});

it("searches in addresses and titles", () => {
  expect([...rows.choose("all", " SAME ")]).toEqual([1, 2, 4]);
  expect([...rows.choose("html", "/t")]).toEqual([2, 3]);
});

it("sorts by any column, and keeps the order of equals", () => {
  const sorted = (key: Parameters<typeof rows.sort>[1], descending: boolean): number[] => [
    ...rows.sort(rows.choose("html", ""), key, descending),
  ];
  expect(sorted("ms", true)).toEqual([1, 2, 3, 0, 6]);
  expect(sorted("title", false)).toEqual([3, 0, 6, 1, 2]);
  expect(sorted("linked", true)).toEqual([1, 2, 3, 0, 6]);
  expect(sorted("order", true)).toEqual([6, 3, 2, 1, 0]);
});
