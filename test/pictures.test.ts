// The pictures of docs/architecture.md are those that the script draws.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { ROOT } from "./support/examples.js";

const { pictures } = (await import(`${ROOT}scripts/pictures.mjs`)) as {
  pictures: Record<string, () => string>;
};

it.each(Object.entries(pictures))("%s (node scripts/pictures.mjs draws it)", (name, draw) => {
  expect(readFileSync(`${ROOT}docs/pictures/${name}.svg`, "utf8")).toBe(draw());
  expect(readFileSync(`${ROOT}docs/architecture.md`, "utf8")).toContain(`](pictures/${name}.svg)`);
});
