import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { ROOT } from "./support/examples.js";

it("docs/settings.md says what the packages declare (npm run docs writes it)", async () => {
  const { settingsPage } = (await import(`${ROOT}scripts/docs.mjs`)) as {
    settingsPage: () => Promise<string>;
  };
  expect(readFileSync(`${ROOT}docs/settings.md`, "utf8")).toBe(await settingsPage());
});
