import { expect, it } from "vitest";
import { hostOf, sectionOf } from "../../src/dashboard/url-parts.js";

it.each([
  ["http://a.example/", "a.example", "a.example"],
  ["https://a.example:8080/b/c/d?e=/f", "a.example:8080", "a.example:8080/b"],
  ["https://a.example/b/", "a.example", "a.example/b"],
  ["https://a.example/b?c=d/e", "a.example", "a.example"],
  ["https://a.example/b", "a.example", "a.example"],
  ["https://a.example", "a.example", "a.example"],
  ["http://[::1]:80/x/y", "[::1]:80", "[::1]:80/x"],
])("%s is of host and section", (url, host, section) => {
  expect([hostOf(url), sectionOf(url)]).toEqual([host, section]);
});
