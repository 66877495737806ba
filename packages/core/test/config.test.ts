import { execFileSync } from "node:child_process";
import { afterEach, expect, it } from "vitest";
import { config, SETTINGS } from "../src/index.js";

const before = { ...config };
afterEach(() => Object.assign(config, before));

it("every setting has a variable of its own, a default that it would parse, and a meaning", () => {
  const settings = Object.values(SETTINGS);
  expect(new Set(settings.map(({ env }) => env)).size).toBe(settings.length);
  for (const { env, fallback, meaning, parse } of settings) {
    expect(env).toMatch(/^GREENLIT_[A-Z_]+$/);
    expect(parse(String(fallback))).toBe(fallback);
    expect(meaning.length).toBeGreaterThan(20);
  }
  expect(Object.keys(config)).toEqual(Object.keys(SETTINGS));
});

it("nonsense is refused with the variable's name", () => {
  for (const { env, parse } of Object.values(SETTINGS)) {
    for (const wrong of ["x", "-1", "NaN"])
      expect(() => parse(wrong)).toThrow(new RegExp(`^${env} must be`));
  }
  expect(SETTINGS.budget.parse("0")).toBe(0);
  expect(SETTINGS.spawnSites.parse("Infinity")).toBe(Infinity);
});

it("comes from the environment", () => {
  const core = new URL("../dist/index.js", import.meta.url).href;
  const code = `const { config } = await import(${JSON.stringify(core)}); console.log(JSON.stringify(config));`;
  const env = {
    ...process.env,
    GREENLIT_BUDGET: "2.5",
    GREENLIT_SPAWN_SITES: "0",
    GREENLIT_ERROR_SITES: "false",
    GREENLIT_MONITOR_THREAD: "false",
    GREENLIT_MAX_BLOCKING_TIME: "250",
    GREENLIT_GRACE: "1500",
    GREENLIT_BACKEND: "poll",
    GREENLIT_BACKEND_CHECK: "true",
    GREENLIT_FILES_AT_ONCE: "false",
    GREENLIT_HAND_OVER: "Infinity",
  };
  const output = execFileSync(process.execPath, ["--input-type=module", "-e", code], {
    env,
    encoding: "utf8",
  });
  expect(JSON.parse(output)).toEqual({
    budget: 2.5,
    spawnSites: 0,
    errorSites: false,
    monitorThread: false,
    maxBlockingTime: 250,
    grace: 1500,
    backend: "poll",
    backendCheck: true,
    filesAtOnce: false,
    handOver: null, // what JSON makes of Infinity
  });
});
