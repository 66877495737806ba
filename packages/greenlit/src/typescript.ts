import { createRequire } from "node:module";
import { GreenlitError } from "@greenlit/core";
import { makeModule } from "./module-wrap.js";

/** Whether Node reads TypeScript itself, as far as types can just be left out. */
const READS = "typescript" in process.features && Boolean(process.features.typescript);

const INSTALL = "install tsx (`npm install --save-dev tsx`)";

/**
 * For a Node that does not read TypeScript: has tsx read it, as CommonJS, when the main module is
 * written in it. Where Node takes the main module for an ES module, it finds one by this name that
 * only stands in for it.
 * @param file the main module.
 * @returns whether it is one that tsx reads.
 * @throws GreenlitError where tsx is needed and not there.
 */
export function readTypeScript(file: string): boolean {
  if (!/\.[cm]?tsx?$/.test(file)) return false;
  if (READS) {
    explainSyntax(file);
    return false;
  }
  findTsx(file).register();
  // It awaits, so it is not evaluated here, but when Node comes to the main module.
  makeModule(file, "await null;");
  return true;
}

/** The program's tsx, or the one beside this package: a peer that most programs need not have. */
function findTsx(file: string): typeof import("tsx/cjs/api") {
  for (const from of [file, import.meta.url]) {
    const require = createRequire(from);
    try {
      return require("tsx/cjs/api") as typeof import("tsx/cjs/api");
    } catch (error) {
      if ((error as { code?: unknown }).code !== "MODULE_NOT_FOUND") throw error;
    }
  }
  throw new GreenlitError(
    "ERR_GREENLIT_NO_TSX",
    `${file} is TypeScript, which Node ${process.version} does not read: ${INSTALL}, ` +
      "or take Node 22.18 or later.",
  );
}

/** Node says which syntax it does not know, and this, behind it, what to do. */
function explainSyntax(file: string): void {
  if (explains) return;
  explains = true;
  process.once("uncaughtExceptionMonitor", (error) => {
    if ((error as { code?: unknown } | null)?.code !== "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX") return;
    error.stack +=
      `\n  greenlit: Node ${process.version} only leaves types out, and here that is not enough: ` +
      `${INSTALL}, and write greenlit run --import tsx ${file}`;
  });
}

let explains = false;

/** @returns what an error says; of what tsx cannot do, what to do instead. */
export function explainTypeScript(error: unknown, file: string): unknown {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (code !== "ERR_REQUIRE_ASYNC_MODULE" && !/Top-level await/.test(String(message))) return error;
  const where = /^.*?(?=:\d+:\d+: ERROR)/m.exec(String(message))?.[0] ?? file;
  return new GreenlitError(
    "ERR_GREENLIT_TOP_LEVEL_AWAIT",
    `${where}, or a module it imports, uses top-level await. Node ${process.version} does not ` +
      "read TypeScript, so tsx makes it CommonJS, which cannot have that: write wait(promise) " +
      "and wait(import(...)), or take Node 22.18 or later.",
    { cause: error },
  );
}
