import { existsSync, readFileSync } from "node:fs";
import Module, { createRequire } from "node:module";
import { extname, resolve } from "node:path";
import { inspect } from "node:util";
import { GreenlitError, run } from "@greenlit/core";
import { patchAll } from "@greenlit/monkey";
import { handleSignals } from "./signals.js";

const TYPESCRIPT = new Set([".ts", ".mts", ".cts", ".tsx"]);

/**
 * Runs a program's main module in a greenlet, with the patch on: its top-level code may block.
 * Its error ends the process as an uncaught exception does.
 * @returns when the module has run; greenlets that it spawned may still be running.
 * @throws GreenlitError ERR_GREENLIT_NO_SUCH_FILE when there is no such file.
 */
export async function runMain(path: string): Promise<void> {
  const file = resolve(path);
  if (!existsSync(file)) {
    throw new GreenlitError("ERR_GREENLIT_NO_SUCH_FILE", `there is no file ${file}`);
  }
  if (
    TYPESCRIPT.has(extname(file)) &&
    !("typescript" in process.features && process.features.typescript)
  ) {
    // This Node does not read TypeScript itself.
    const { register } = await import("tsx/cjs/api");
    register();
  }
  patchAll();
  handleSignals();
  try {
    await run(function main() {
      load(file);
    });
  } catch (error) {
    fail(explain(error, file));
  }
}

/** What Module has beside its documented members. */
interface LoadableModule extends Module {
  load(filename: string): void;
}

/**
 * Loads a module on the running stack, so that its top-level code is code of the greenlet. `import()`
 * would run it in a promise job, on the hub; `require` runs ES modules on the spot too (Node 20.19).
 */
function load(file: string): void {
  const main = new Module(file) as LoadableModule;
  main.id = ".";
  if (!isESModule(file)) process.mainModule = main as NodeJS.Module;
  createRequire(file).cache[file] = main as NodeJS.Module;
  main.load(file);
}

/** Only for require.main, which ES modules have not; Node decides itself how it loads the file. */
function isESModule(file: string): boolean {
  return /\.m[jt]s$/.test(file) || /^\s*(import|export)\b/m.test(readFileSync(file, "utf8"));
}

function explain(error: unknown, file: string): unknown {
  if ((error as { code?: string } | null)?.code !== "ERR_REQUIRE_ASYNC_MODULE") return error;
  return new GreenlitError(
    "ERR_GREENLIT_TOP_LEVEL_AWAIT",
    `${file}, or a module it imports, uses top-level await. Under greenlit the main module runs in a ` +
      "greenlet: write wait(promise) instead of await promise.",
    { cause: error },
  );
}

function fail(error: unknown): void {
  if (process.listenerCount("uncaughtException") > 0) {
    setImmediate(() => {
      throw error;
    });
    return;
  }
  process.stderr.write(
    `Uncaught error in the main greenlet:\n${inspect(error)}\n\nNode.js ${process.version}\n`,
  );
  process.exit(1);
}
