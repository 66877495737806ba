import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { ONCE_MORE, UnsteadyReporter } from "./test/support/unsteady.js";

const source = (path: string): string =>
  fileURLToPath(new URL(`packages/${path}.ts`, import.meta.url));

/** The packages in which nothing may be left behind by any test. */
const LEAK_CHECKED = ["backend", "fs", "net", "monkey"];

export default defineConfig({
  test: {
    // Greenlets need the thread's own stack and hub: one process for each test file.
    pool: "forks",
    execArgv: ["--expose-gc"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    retry: ONCE_MORE,
    reporters: ["default", new UnsteadyReporter()],
    expect: { poll: { timeout: 20_000 } },
    projects: [
      {
        // The tests of core use what tests core: both as sources, or there would be two of
        // everything.
        extends: true,
        resolve: {
          alias: [
            { find: /^@greenlit\/core$/, replacement: source("core/src/index") },
            { find: /^@greenlit\/core\/(.*)$/, replacement: source("core/src/$1") },
            { find: /^@greenlit\/testing$/, replacement: source("testing/src/index") },
            { find: /^@greenlit\/testing\/(.*)$/, replacement: source("testing/src/$1") },
          ],
        },
        test: {
          name: "core",
          include: ["packages/{core,testing}/test/**/*.test.ts"],
          setupFiles: [source("testing/src/setup")],
        },
      },
      {
        extends: true,
        test: {
          name: "io",
          include: [`packages/{${LEAK_CHECKED.join()}}/test/**/*.test.ts`],
          setupFiles: ["@greenlit/testing/setup"],
        },
      },
      {
        extends: true,
        test: {
          name: "others",
          include: [
            "packages/{switcher,greenlit}/test/**/*.test.ts",
            "apps/*/test/**/*.test.ts",
            "test/**/*.test.ts",
          ],
        },
      },
    ],
  },
});
