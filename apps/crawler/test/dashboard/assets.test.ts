import { expect, it } from "vitest";
import { loadAssets } from "../../src/dashboard/assets.js";

it("has the page, and every file that its files ask for", () => {
  const assets = loadAssets();
  const text = (path: string): string => assets.get(path)!.body.toString();
  for (const path of assets.keys()) {
    if (!path.endsWith(".js")) continue;
    for (const [, to] of text(path).matchAll(/from "(\.[^"]+)"/g)) {
      const asked = new URL(to!, `http://x${path}`).pathname;
      expect([path, asked, assets.has(asked)]).toEqual([path, asked, true]);
    }
  }
  expect(assets.get("/")!.type).toMatch(/^text\/html/);
  expect(text("/page.css")).not.toMatch(/url\(|@import/);
  expect(text("/")).not.toMatch(/style=|onclick|<script>/);
});
