import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { testExamples } from "../../../test/support/examples.js";
import * as core from "../src/index.js";

const page = new URL("../README.md", import.meta.url);

testExamples(page, "node", new URL(".", import.meta.url));

it("names everything that is exported", () => {
  const readme = readFileSync(page, "utf8");
  for (const name of Object.keys(core)) {
    if (name !== "SETTINGS") expect(readme, name).toContain(name);
  }
});
