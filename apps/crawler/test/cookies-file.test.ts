import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "greenlit";
import { expect, it } from "vitest";
import type { Cookies } from "../src/cookies.js";
import { startingCookies } from "../src/cookies-file.js";
import { temporaryFolder } from "./folder.js";

async function load(text: string): Promise<Cookies> {
  const file = join(temporaryFolder(), "cookies.txt");
  writeFileSync(file, text);
  const cookies = await run(() =>
    startingCookies({ cookies: true, cookie: null, cookiesFile: file }),
  );
  return cookies!;
}

it("reads Netscape's format, and sends each cookie where it belongs", async () => {
  const later = Math.floor(Date.now() / 1000) + 1_000;
  const cookies = await load(
    [
      "# Netscape HTTP Cookie File",
      "",
      `.example.org\tTRUE\t/\tFALSE\t${later}\tall\t1`,
      `www.example.org\tFALSE\t/shop\tTRUE\t0\tshop\t2=3`,
      `#HttpOnly_www.example.org\tFALSE\t/\tFALSE\t0\thidden\t`,
      `www.example.org\tFALSE\t/\tFALSE\t1\tover\t4`,
      "",
    ].join("\r\n"),
  );
  const sent = (url: string): string[] => cookies.header(new URL(url)).split("; ").sort();
  expect(sent("http://www.example.org/shop/x")).toEqual(["all=1", "hidden="]);
  expect(sent("https://www.example.org/shop/x")).toEqual(["all=1", "hidden=", "shop=2=3"]);
  expect(sent("https://docs.example.org/")).toEqual(["all=1"]);
  expect(sent("https://example.com/")).toEqual([""]);
});

it.each([
  "a.example\tTRUE\t/\tFALSE\t0",
  "a.example TRUE / FALSE 0 name value",
  "a.example\tTRUE\tpath\tFALSE\t0\tname\tvalue",
  "a.example\tTRUE\t/\tFALSE\tsoon\tname\tvalue",
  "a b\tTRUE\t/\tFALSE\t0\tname\tvalue",
])("says which line is no cookie: %j", async (line) => {
  await expect(load(`# one\n${line}\n`)).rejects.toThrow(/cookies\.txt, line 2 is no cookie/);
});

it("says when there is no such file, and when no cookies are wanted", async () => {
  const missing = { cookies: true, cookie: null, cookiesFile: "/nonexistent" };
  await expect(run(() => startingCookies(missing))).rejects.toThrow("cannot be read: ENOENT");
  const unwanted = { cookies: false, cookie: "a=1", cookiesFile: null };
  expect(() => startingCookies(unwanted)).toThrow("cookies must be true with them");
  expect(startingCookies({ ...unwanted, cookie: null })).toBeNull();
});
