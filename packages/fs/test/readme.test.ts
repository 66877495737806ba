import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import * as fs from "../src/index.js";

const page = new URL("../README.md", import.meta.url);

it("names every function", () => {
  const [, table = ""] = readFileSync(page, "utf8").split(/^## /m);
  for (const name of Object.keys(fs)) expect(table, name).toContain(`\`${name}\``);
});
