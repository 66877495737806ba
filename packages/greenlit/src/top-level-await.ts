// Programs with `await` at the top level of a module.
//
// V8 runs the code of a module that awaits, and of all modules that import it, in jobs on the hub,
// where nothing can block. But a module whose imports have been evaluated before, it runs on the
// spot, up to an `await` of its own. So the imports are evaluated one by one, innermost first, and
// waited for. Never several at once: V8 aborts when one finishes while a greenlet has left another,
// that imports both, in the middle.

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { wait } from "@greenlit/core";
import {
  awaitsItself,
  importsOf,
  isAsync,
  makeModule,
  type ModuleRequest,
  type ModuleWrap,
  requireModule,
} from "./module-wrap.js";

/**
 * In a greenlet: evaluates all that a linked module imports, as far as that awaits, and what comes
 * before it.
 */
export function evaluateImports(module: ModuleWrap, importers: readonly string[] = []): void {
  if (!isAsync(module)) return;
  for (const request of importsOf(module)) {
    const statement = makeModule(beside(module), importing(request)).wrap;
    if (!isAsync(statement)) continue; // and so it is evaluated
    const imported = find(module, request);
    if (imported === null || importers.includes(imported.url)) {
      // A circle can only be evaluated in one go.
      settle(() => onHub(statement));
    } else {
      evaluateImports(imported, [...importers, module.url]);
      settle(() => imported.evaluate(-1, false));
    }
  }
}

/**
 * Waits until a module is evaluated. If it fails, the loader keeps the error, and throws it in
 * those that import it.
 */
function settle(evaluate: () => Promise<unknown>): void {
  wait(evaluate().then(nothing, nothing));
}

function nothing(): void {}

/** Evaluates a module with all it imports on the hub: a call that blocks there is an error. */
function onHub(module: ModuleWrap): Promise<unknown> {
  return new Promise((resolve) => {
    setImmediate(() => resolve(module.evaluate(-1, false)));
  });
}

/** An import's module; null where it is no file that `require` would find. */
function find(importer: ModuleWrap, { specifier }: ModuleRequest): ModuleWrap | null {
  const source = `export const url = import.meta.resolve(${JSON.stringify(specifier)});`;
  const url = String(makeModule(beside(importer), source).exports["url"]);
  return /^file:[^?#]*$/.test(url) ? requireModule(fileURLToPath(url)) : null;
}

function importing({ specifier, attributes }: ModuleRequest): string {
  const clause = Object.keys(attributes).length > 0 ? ` with ${JSON.stringify(attributes)}` : "";
  return `import ${JSON.stringify(specifier)}${clause};`;
}

/** A new name in the folder of a module, so that imports are found from there. */
function beside({ url }: ModuleWrap): string {
  const folder = url.startsWith("file:") ? dirname(fileURLToPath(url)) : process.cwd();
  return join(folder, `[greenlit${names++}]`);
}

let names = 0;

/**
 * What a program has thrown: if it is of a call that could not block, and modules of the program
 * await at their top level, that is why, and the error says which.
 * @returns the same error.
 */
export function explainAwait(error: unknown, main: ModuleWrap): unknown {
  if ((error as { code?: unknown } | null)?.code !== "ERR_GREENLIT_BLOCKING_SWITCH_OUT")
    return error;
  const files = awaiting(main, new Set());
  if (files.length > 0) {
    // V8 writes the stack when it is first asked for.
    (error as Error).message +=
      ` Here it is the top-level await in ${files.join(", ")}: what follows it runs on the hub.`;
  }
  return error;
}

/** The files of the modules of a program that await at their top level. */
function awaiting(module: ModuleWrap, seen: Set<string>): string[] {
  if (seen.has(module.url) || !module.url.startsWith("file:") || !isAsync(module)) return [];
  seen.add(module.url);
  const imported = importsOf(module).flatMap((request) => {
    const found = find(module, request);
    return found === null ? [] : awaiting(found, seen);
  });
  const itself = awaitsItself(module) ?? imported.length === 0;
  return itself ? [fileURLToPath(module.url), ...imported] : imported;
}
