import { expect, it } from "vitest";
import { mediaType, PageList } from "../../src/report/page-list.js";
import { record } from "../record.js";

it("lists pages by columns", () => {
  const list = new PageList();
  list.add(record({ url: "http://a/", title: "A", bytes: 7, links: 2 }));
  list.add(record({ url: "http://b/", status: 404, depth: 1, referrer: "http://a/" }));
  list.add(record({ url: "http://c/", status: null, error: "dns", message: "no such host" }));
  expect(list.columns).toMatchObject({
    url: ["http://a/", "http://b/", "http://c/"],
    status: [200, 404, 0],
    title: ["A", null, null],
    referrer: [-1, 0, -1],
    type: [0, 0, 0],
    types: ["text/html"],
    errors: { 2: ["dns", "no such host"] },
  });
});

it("finds a page by the redirect to it, and by its own name first", () => {
  const list = new PageList();
  const redirects = [{ status: 301, to: "http://new/" }];
  list.add(record({ url: "http://old/", finalUrl: "http://new/", redirects }));
  expect(list.columns.redirects).toEqual({ 0: "http://new/" });
  expect([list.numberOf("http://old/"), list.numberOf("http://new/")]).toEqual([0, 0]);
  list.add(record({ url: "http://new/" }));
  expect(list.numberOf("http://new/")).toBe(1);
  expect(list.numberOf("http://other/")).toBe(-1);
});

it("lists so many and no more", () => {
  const list = new PageList(2);
  for (const name of ["a", "b", "c"]) list.add(record({ url: `http://${name}/` }));
  expect(list.columns.url).toEqual(["http://a/", "http://b/"]);
  const long = new PageList();
  for (let i = 0; i < 40; i++) long.add(record({ url: `http://a/${i}${"x".repeat(1024 ** 2)}` }));
  expect(long.columns.url.length).toBeLessThan(34);
});

it.each([
  ["Text/HTML; charset=utf-8", "text/html"],
  ["image/png", "image/png"],
  [" ; x", null],
  [null, null],
])("the media type of %j is %j", (contentType, type) => {
  expect(mediaType(contentType)).toBe(type);
});
