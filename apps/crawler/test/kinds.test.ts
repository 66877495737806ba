import { describe, expect, it } from "vitest";
import {
  callback,
  count,
  duration,
  either,
  flag,
  having,
  headers,
  type Kind,
  nullOr,
  oneOf,
  pattern,
  record,
  size,
  text,
  texts,
} from "../src/kinds.js";

const write = { write() {} };
const call = (): void => {};

describe.each<[string, Kind<unknown>, [unknown, unknown][], unknown[]]>([
  [
    "count",
    count(1),
    [
      [1, 1],
      [Infinity, Infinity],
    ],
    [0, -1, 1.5, NaN, "1", null],
  ],
  [
    "duration",
    duration(0),
    [
      [0, 0],
      [1.5, 1.5],
      ["30s", 30_000],
    ],
    [-1, NaN, "", "x", null, {}],
  ],
  [
    "size",
    size(1),
    [
      [5, 5],
      ["1kB", 1_000],
    ],
    [0, "0", "1 apple", true],
  ],
  [
    "flag",
    flag,
    [
      [true, true],
      [false, false],
    ],
    ["true", 1, null],
  ],
  ["text", text, [["", ""]], [1, null, ["x"]]],
  [
    "texts",
    texts,
    [
      [["a"], ["a"]],
      [[], []],
    ],
    ["a", [1], {}],
  ],
  ["callback", callback, [[call, call]], ["call", {}]],
  ["having", having<typeof write>("write"), [[write, write]], [{}, null, "write", { write: 1 }]],
  ["oneOf", oneOf(["a", "b"]), [["a", "a"]], ["c", "", null]],
  [
    "record",
    record(count(1), ["a"]),
    [
      [{ a: 1 }, { a: 1 }],
      [{}, {}],
    ],
    [{ b: 1 }, { a: 0 }, [], 1],
  ],
  ["any record", record(text, null), [[{ x: "y" }, { x: "y" }]], [{ x: 1 }, null]],
  [
    "either",
    either(text, having<typeof write>("write")),
    [
      ["a", "a"],
      [write, write],
    ],
    [1, null],
  ],
  ["pattern", pattern(/^a/, "a..."), [["ab", "ab"]], ["b", 1, null]],
  [
    "nullOr",
    nullOr(text),
    [
      [null, null],
      ["a", "a"],
    ],
    [1, undefined],
  ],
  [
    "headers",
    headers,
    [
      [{ "X-A": "ü" }, { "x-a": "ü" }],
      [{}, {}],
    ],
    [null, "x-a: b", { "x a": "b" }, { "x-a": "b\nc" }, { "x-a": 1 }, { Cookie: "a=1" }],
  ],
])("%s", (_, kind, good, bad) => {
  it("takes what it is, and nothing else", () => {
    for (const [value, read] of good) expect(kind.read(value)).toEqual(read);
    for (const value of bad) expect(kind.read(value), String(value)).toBeUndefined();
  });
});

it("says what it expects", () => {
  expect(count(1).expected).toBe("a whole number of 1 or more");
  expect(record(count(1), ["a", "b"]).expected).toBe(
    "an object with the keys a, b, each of a whole number of 1 or more",
  );
  expect(either(text, having<typeof write>("write")).expected).toBe(
    "a text or an object with write()",
  );
});
