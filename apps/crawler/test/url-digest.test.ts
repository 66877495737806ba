import { expect, it } from "vitest";
import { digestOf } from "../src/url-digest.js";

it("is as long for every URL, and tells them apart", () => {
  const urls = ["", "http://a/", "http://a/#", `http://a/${"x".repeat(5_000)}`];
  const digests = urls.map((url) => digestOf(url));
  expect(digests.map(({ length }) => length)).toEqual([16, 16, 16, 16]);
  expect(new Set(digests.map((it) => it.toString("hex"))).size).toBe(urls.length);
  // The first half of SHA-256: what an older crawl has in its store stays known.
  expect(digests[0]!.toString("hex")).toBe("e3b0c44298fc1c149afbf4c8996fb924");
});
