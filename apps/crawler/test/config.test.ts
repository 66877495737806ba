import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Config, ConfigError, defineConfig, loadConfig } from "../src/config.js";
import { temporaryFolder } from "./folder.js";

function load(name: string, text: string): Config {
  const file = join(temporaryFolder(), name);
  writeFileSync(file, text);
  return loadConfig(file);
}

describe("loadConfig", () => {
  it("reads JSON, with comments and commas at the end", () => {
    const text = `{
      // Ours.
      "seeds": ["https://a.example/"], /* and no others */
      "delay": "1.5s",
      "headers": { "X-Key": "1" },
    }`;
    expect(load("crawl.json", text)).toEqual({
      seeds: ["https://a.example/"],
      delay: "1.5s",
      headers: { "X-Key": "1" },
    });
  });

  it("takes a module's default export, functions too", () => {
    const text = `export default {
      seeds: ["https://a.example/"], maxPages: Infinity, delay: undefined,
      handler: (page) => page.follow(),
      onError() {},
      items: { write() {} },
    };`;
    const config = load("crawl.mjs", text);
    expect(config).toMatchObject({ maxPages: Infinity, handler: expect.any(Function) });
    expect(config).not.toHaveProperty("delay");
  });

  it.each([
    [
      "a.json",
      `{\n"seeds": [],\n"maxPage": 1 }`,
      /a\.json:3: there is no option maxPage\. Did you mean maxPages\?$/,
    ],
    ["a.json", `{ "$schema": "x" }`, /a\.json:1: there is no option \$schema$/],
    [
      "a.json",
      `{\n"delay": "soon" }`,
      /a\.json:2: delay must be 0 ms or more, such as .*, not "soon"$/,
    ],
    [
      "a.json",
      `{ "maxDepth": -1 }`,
      /a\.json:1: maxDepth must be a whole number of 0 or more, not -1$/,
    ],
    ["a.json", `{ "traps": { "maxLove": 1 } }`, /a\.json:1: traps must be an object with the keys/],
    ["a.json", `{ "handler": "f" }`, /a\.json:1: handler must be a function, which only a module/],
    ["a.json", `{ "onError": {} }`, /a\.json:1: onError must be a function, not \{\}$/],
    ["a.json", `{\n"delay": }`, /a\.json:2: no JSON \(ValueExpected\)$/],
    ["a.json", `[]`, /a\.json must be an object of options$/],
    ["a.json", ``, /a\.json:1: no JSON/],
    ["a.mjs", `export default { maxPage: 1 }`, /a\.mjs: there is no option maxPage\. Did you/],
    ["a.mjs", `export default { handler: 1 }`, /a\.mjs: handler must be a function$/],
    [
      "a.mjs",
      `export const a = 1;`,
      /a\.mjs must have an object of options as its default export$/,
    ],
    ["a.mjs", `throw new Error("no luck");`, /a\.mjs cannot be loaded: no luck$/],
  ])("says what is wrong in %s: %s", (name, text, message) => {
    const loading = (): Config => load(name, text);
    expect(loading).toThrow(ConfigError);
    expect(loading).toThrow(message);
  });

  it("says when there is no such file", () => {
    for (const file of ["/nonexistent.json", "/nonexistent.mjs"])
      expect(() => loadConfig(file)).toThrow(`${file} cannot be `);
  });
});

it("gives back what an editor has checked", () => {
  const config = { delay: "1s" };
  expect(defineConfig(config)).toBe(config);
});
