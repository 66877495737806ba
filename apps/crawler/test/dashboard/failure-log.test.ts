import { expect, it } from "vitest";
import { FailureLog } from "../../src/dashboard/failure-log.js";
import { record } from "../record.js";

const query = { filter: "", sort: "at", descending: true, limit: 3 };

it("has the newest failures, and counts all", () => {
  const log = new FailureLog();
  for (let i = 0; i < 10_000; i++) {
    const answered = { status: 404, error: null, message: null };
    const failed = { status: null, error: "dns", message: "no such name" } as const;
    const what = i % 2 === 0 ? answered : failed;
    log.add(record({ url: `http://a/${i}`, referrer: "http://a/", attempts: 3, ...what }), i);
  }
  const { total, matching, rows } = log.select(query);
  expect(total).toBe(10_000);
  expect(matching).toBeLessThanOrEqual(2_000);
  expect(rows.map(({ url }) => url)).toEqual(["http://a/9999", "http://a/9998", "http://a/9997"]);
  expect(rows[0]).toEqual({
    number: 10_000,
    url: "http://a/9999",
    code: "dns",
    message: "no such name",
    referrer: "http://a/",
    attempts: 3,
    at: 9_999,
  });
  expect(rows[1]).toMatchObject({ code: "404", message: "" });
  const found = log.select({ ...query, filter: "a/9996" });
  expect(found.rows.map(({ url }) => url)).toEqual(["http://a/9996"]);
});

it("keeps the beginning of what is very long", () => {
  const log = new FailureLog();
  log.add(record({ url: `http://a/${"x".repeat(100_000)}`, error: "dns" }), 0);
  expect(log.select(query).rows[0]!.url).toHaveLength(2_000);
});
