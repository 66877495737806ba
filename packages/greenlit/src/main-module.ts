// The main module in a greenlet.
//
// Node goes its own way with the main module: finds it, decides how to read it, compiles and links
// it, and reports what it throws. Only the last step, where its code runs, is put on another stack:
//
//   ES module:  Node's loader calls ModuleWrap.evaluate     ┐
//   CommonJS:   Node calls Module._load(file, null, true)   ├─▶ run(() => the same call)
//   -e, stdin:  Node calls the function of "[eval]-wrapper" ┘
//
// So process.argv, require.main, import.meta.main, errors with their line of source, exit codes and
// flags are Node's own. With `--import greenlit/register` Node itself starts this, for `greenlit
// run` it is Module.runMain.

import { realpathSync } from "node:fs";
import Module from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { isMainThread } from "node:worker_threads";
import { getCurrent, GreenletExit, run } from "@greenlit/core";
import { beginProgram } from "@greenlit/core/blocking-call";
import { EVALUATING, type LoadableModule, makeModule, type ModuleWrap } from "./module-wrap.js";
import { explainTypeScript, readTypeScript } from "./typescript.js";
import { evaluateImports, explainAwait } from "./top-level-await.js";

type Load = (request: string, parent: unknown, isMain: boolean, ...more: unknown[]) => unknown;

/**
 * What Module has beside its documented members; tools have relied on these since its first
 * versions.
 */
const loader = Module as unknown as {
  _load: Load;
  _findPath(request: string, paths: null, isMain: true): string | false;
  runMain(file: string): void;
  prototype: LoadableModule;
};

/**
 * From now on the main module of this thread will run in a greenlet, whoever starts it.
 * @param ready called before its code runs; may block the thread.
 * @param patchRest called before ES modules are evaluated, whoever loads them.
 * @param asked whether a signal waits for the loop, to end the program; null where it is not known.
 */
export function greenMain(
  ready: () => void,
  patchRest: () => void,
  asked: (() => boolean) | null,
): void {
  prepare = ready;
  isAskedToEnd = asked;
  beforeEvaluation = patchRest;
  hookEvaluate();
  hookLoad();
  if (isText()) hookEval();
  hookRunMain();
}

/** Runs a main module as Node does: finds it, starts it, and reports what it throws. */
export function runMain(file: string): void {
  findTypeScript();
  loader.runMain(file);
}

/** The file that Node takes for a main module of this name; null if there is none. */
function findMain(name: string): string | null {
  const found = loader._findPath(resolve(name), null, true);
  if (found === false) return null;
  return process.execArgv.includes("--preserve-symlinks-main") ? found : realpathSync(found);
}

/** Whether the program is text: of `-e` or `-p`, of stdin, or of a Worker. */
function isText(): boolean {
  const [, name] = process.argv;
  return "_eval" in process || name === undefined || name === "-" || name === "[worker eval]";
}

let prepare: () => void;
let isAskedToEnd: (() => boolean) | null;
let beforeEvaluation: () => void;

/**
 * Runs code in the main greenlet. What comes of it is known as soon as it is there, before the
 * greenlet has ended.
 */
function runMainly<T>(code: () => T): Promise<Awaited<T> | undefined> {
  return new Promise((resolve, reject) => {
    void run(function main() {
      try {
        prepare();
        if (isAskedToEnd !== null) beginProgram(isAskedToEnd);
        resolve(code() as Awaited<T>);
      } catch (error) {
        if (error instanceof GreenletExit) resolve(undefined);
        else reject(error);
      }
    });
  });
}

/**
 * The main module where tsx reads it, and Node's ES module of its name only stands in for it: see
 * typescript.ts.
 */
let typeScript: string | null = null;

function findTypeScript(): void {
  if (typeScript !== null) return;
  const file = isText() ? null : findMain(process.argv[1] as string);
  if (file !== null && readTypeScript(file)) typeScript = file;
}

function hookRunMain(): void {
  findTypeScript();
  // A Worker learns its main module's name later.
  const { runMain: original } = loader;
  if (!isMainThread) {
    loader.runMain = (file) => {
      loader.runMain = original;
      findTypeScript();
      original(file);
    };
  }
}

function hookEvaluate(): void {
  const { wrap } = makeModule(resolve(import.meta.dirname, "[greenlit]"), "");
  const prototype = Object.getPrototypeOf(wrap) as ModuleWrap;
  const { evaluate } = prototype;
  hookEvaluateSync(prototype);
  let started: Promise<unknown> | null = null;
  prototype.evaluate = function (this: ModuleWrap, ...args: [number, boolean]): Promise<unknown> {
    if (mayImport(this)) beforeEvaluation();
    // V8 aborts when it is asked for what it is in the middle of; without greenlets nobody could
    // ask then.
    if (started !== null && this.getStatus() === EVALUATING) return started;
    if (started !== null || !isMain(this)) {
      return Reflect.apply(evaluate, this, args);
    }
    started = runMainly(() =>
      typeScript === null
        ? evaluateMain(this, () => Reflect.apply(evaluate, this, args))
        : runCommonJs(() => loader._load(typeScript as string, null, true)),
    );
    return started;
  };
}

/**
 * Whether a module of the program's may import anything. What stands in for a main module that is
 * CommonJS does not.
 */
function mayImport(module: ModuleWrap): boolean {
  return !module.url.startsWith(OURS) && (!isMain(module) || "sourceMapURL" in module);
}

const OURS = new URL(".", import.meta.url).href;

/** The command, where NODE_OPTIONS has it loaded before that: it goes on to the program. */
const CLI = new URL("cli.js", import.meta.url).href;

/** `require` of an ES module has it evaluated in another way, in newer Nodes. */
function hookEvaluateSync(prototype: ModuleWrap): void {
  const { evaluateSync } = prototype;
  if (evaluateSync === undefined) return;
  prototype.evaluateSync = function (this: ModuleWrap, ...args): unknown {
    beforeEvaluation();
    return Reflect.apply(evaluateSync, this, args);
  };
}

function isMain(module: ModuleWrap): boolean {
  return module.url !== CLI && (module.isMain === true || module.url === entryUrl());
}

/**
 * What Node makes of the main module's name, which a Worker gets late. Node 20 marks its main
 * module in no other way.
 */
function entryUrl(): string {
  if (isText()) return `${pathToFileURL(process.cwd()).href}/[eval1]`;
  const name = process.argv[1] as string;
  return pathToFileURL(findMain(name) ?? name).href;
}

/**
 * @returns the promise of the evaluation, which only an `await` of the main module itself leaves
 * open.
 */
function evaluateMain(module: ModuleWrap, evaluate: () => Promise<unknown>): unknown {
  if ("sourceMapURL" in module) {
    evaluateImports(module);
    const result = evaluate().catch((error: unknown) => {
      if (!(error instanceof GreenletExit)) throw explainAwait(error, module);
    });
    // Who waits for it comes to it a moment later; Node must not take that for nobody.
    result.catch(() => {});
    return result;
  }
  runCommonJs(evaluate);
  return undefined;
}

/** Runs CommonJS, whose errors Node reports at once; null when there was one. */
function runCommonJs(code: () => unknown): { value: unknown } | null {
  try {
    return { value: code() };
  } catch (error) {
    throwUncaught(typeScript === null ? error : explainTypeScript(error, typeScript));
    return null;
  }
}

function hookLoad(): void {
  const { _load: original } = loader;
  loader._load = function hooked(this: unknown, ...args: Parameters<Load>): unknown {
    if (!args[2]) return Reflect.apply(original, this, args);
    if (loader._load === hooked) loader._load = original;
    const load = (): unknown => Reflect.apply(original, loader, args);
    // What stands in for it in Node's loader of ES modules has been put in a greenlet already.
    if (getCurrent() !== null) return load();
    // That there is no such file is told here, by Node, as if nobody stood in between.
    if (findMain(args[0]) === null) return void setImmediate(load);
    void runMainly(() => runCommonJs(load));
    return undefined;
  };
}

/**
 * An error of CommonJS. Node reports what a microtask throws as what a script throws, with the line
 * that V8 has noted; unless somebody has read its stack before, so it must not end a greenlet.
 */
function throwUncaught(error: unknown): void {
  if (error instanceof GreenletExit) return;
  queueMicrotask(() => {
    throw error;
  });
}

/** While it runs, CommonJS that is text has its module here. */
const globals = globalThis as { module?: unknown };

/** What Node calls the module in which it runs CommonJS that is text. */
const TEXT = /^\[(eval|stdin|worker eval)\]-wrapper$/;

function hookEval(): void {
  const { _compile: original } = loader.prototype;
  loader.prototype._compile = function (this: LoadableModule, ...args): unknown {
    const runs: unknown = Reflect.apply(original, this, args);
    if (!TEXT.test(args[1])) return runs;
    loader.prototype._compile = original;
    return (code: () => unknown) => {
      const { module: own } = globals;
      const result = runMainly(() =>
        runCommonJs(() => {
          const { module: others } = globals;
          globals.module = own;
          try {
            return code();
          } finally {
            globals.module = others;
          }
        }),
      );
      printWhenThere(result);
      return result;
    };
  };
}

/**
 * Node prints what `-p` gave as soon as it has the promise in its place; so this promise is printed
 * later.
 */
function printWhenThere(result: Promise<{ value: unknown } | null | undefined>): void {
  const { log } = console;
  console.log = (printed: unknown) => {
    if (printed !== result) log(printed);
    else void result.then((found) => found && log(found.value));
  };
  queueMicrotask(() => {
    console.log = log;
  });
}
