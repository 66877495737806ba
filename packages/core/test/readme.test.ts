import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import * as blockingCall from "../src/blocking-call.js";
import * as core from "../src/index.js";

const page = new URL("../README.md", import.meta.url);

it("names everything that is exported", () => {
  const readme = readFileSync(page, "utf8");
  for (const name of Object.keys({ ...core, ...blockingCall })) {
    if (name !== "SETTINGS") expect(readme, name).toContain(name);
  }
});
