import { describe, expect, it } from "vitest";
import { redirectTarget } from "../src/redirect.js";

function target(...locations: string[]): string | null {
  const headers = (name: string): string[] => (name === "location" ? locations : []);
  const url = new URL("http://example.org/dir/page");
  return redirectTarget({ status: 302, headers }, url)?.href.slice(18) ?? null;
}

/** As it arrives: bytes as latin-1. */
const raw = (text: string): string => Buffer.from(text, "utf8").toString("latin1");

describe("redirectTarget", () => {
  it.each([
    [[raw("/ü")], "/%C3%BC"],
    [[raw("/фото?q=é")], "/%D1%84%D0%BE%D1%82%D0%BE?q=%C3%A9"],
    [["/caf\u00e9"], "/caf%E9"],
    [["/caf%C3%A9"], "/caf%C3%A9"],
    [["/a b"], "/a%20b"],
    [["\t/x \t"], "/x"],
    [["/x#part"], "/x"],
    [["y?z"], "/dir/y?z"],
    [["/a", "/b"], "/a"],
    [["/a,b"], "/a,b"],
    [[""], null],
    [[" "], null],
    [[], null],
  ])("Location %j leads to %s", (locations, expected) => {
    expect(target(...locations)).toBe(expected);
  });
});
