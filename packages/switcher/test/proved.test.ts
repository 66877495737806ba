import { describe, expect, it } from "vitest";
import { isNewer, PROVED, standingOf } from "../dist/index.js";

it.each([
  ["24.22.3", "24.9.0", true],
  ["24.9.0", "24.22.3", false],
  ["24.22.3", "24.22.3", false],
  ["24.22.10", "24.22.9", true],
  ["100.0.0", "26.12.1", true],
  ["v26.12.2", "26.12.1", true],
  ["27.0.0-nightly20261101abcdef", "26.12.1", true],
  ["26.12.1-rc.1", "26.12.1", false],
])("%s is newer than %s: %s", (version, than, newer) => {
  expect(isNewer(version, than)).toBe(newer);
});

describe("where a Node stands", () => {
  it.each(Object.entries(PROVED))(
    "line %s: what is proved, and what came before and after",
    (line, newest) => {
      const [, minor = 0, patch = 0] = newest.split(".").map(Number);
      expect(standingOf(newest)).toEqual({ line, newest, proved: true });
      expect(standingOf(`v${line}.0.0`)).toEqual({ line, newest, proved: true });
      expect(standingOf(`${line}.${minor}.${patch + 1}`).proved).toBe(false);
      expect(standingOf(`${line}.${minor + 1}.0`)).toEqual({ line, newest, proved: false });
    },
  );

  it.each(["25.9.0", "27.0.0", "18.20.0"])(
    "%s is of a line on which nothing is proved",
    (version) => {
      expect(standingOf(version)).toMatchObject({ newest: null, proved: false });
    },
  );
});
