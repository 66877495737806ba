import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import * as core from "../src/index.js";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

const examples = [...readme.matchAll(/```js\n([^]*?)```\n\n(?:prints\n\n```\n([^]*?)```)?/g)];

it.each(examples.map(([, code, output]) => [code?.split("\n")[0], code, output]))(
  "%s",
  (_name, code, output) => {
    const printed = execFileSync(process.execPath, ["--input-type=module", "-e", code as string], {
      cwd: fileURLToPath(new URL("..", import.meta.url)),
      encoding: "utf8",
    });
    expect(printed).toBe(output);
  },
);

it("names everything that is exported, and the settings as they are declared", () => {
  expect(examples.length).toBe(2);
  for (const name of Object.keys(core)) {
    if (name !== "SETTINGS") expect(readme, name).toContain(name);
  }
  const compact = readme.replaceAll(/ +/g, " ");
  for (const [key, { env, fallback, meaning }] of Object.entries(core.SETTINGS)) {
    expect(compact).toContain(`| \`${key}\` | \`${env}\` | ${fallback} | ${meaning} |`);
  }
});
