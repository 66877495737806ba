import { readFileSync } from "node:fs";
import { Command } from "commander";
import { expect, it } from "vitest";
import { declareFlags } from "../src/flags.js";
import { DEFAULTS, isOption, kindOf } from "../src/options.js";

const { options } = declared();

function declared(): Command {
  const command = new Command();
  declareFlags(command);
  return command;
}

it.each(options.map(({ flags }) => flags))("tells of %s in the reference", (flags) => {
  const reference = readFileSync(new URL("../docs/reference.md", import.meta.url), "utf8");
  const [flag] = flags.split(" ");
  expect(reference).toMatch(new RegExp(`^\\| \`${flag}[ \`]`, "m"));
});

it("shows defaults as they can be written", () => {
  const named = Object.fromEntries(options.map((option) => [option.attributeName(), option]));
  expect(named["timeout"]!.description).toContain("(default: 30s)");
  expect(named["bodyLimit"]!.description).toContain("(default: 10MiB)");
  expect(named["maxPages"]!.description).not.toContain("default");
  for (const [name, value] of Object.entries(DEFAULTS)) {
    if (!isOption(name)) throw new Error(name);
    expect(kindOf(name).read(value)).toEqual(value);
  }
});
