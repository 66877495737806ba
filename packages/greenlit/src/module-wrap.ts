import Module from "node:module";
import { join } from "node:path";

/** What Module has beside its documented members. */
export interface LoadableModule extends Module {
  load(filename: string): void;
  _compile(source: string, filename: string, format?: string): unknown;
}

/**
 * How Node's loader holds an ES module, with V8's own functions on it. Not documented; the same
 * from Node 20 to 26.
 */
export interface ModuleWrap {
  readonly url: string;
  /** Only the main module has it, from Node 22 on. */
  readonly isMain?: boolean;
  /** Only of what is written as an ES module; not of what stands in for CommonJS. */
  readonly sourceMapURL?: string | undefined;
  /**
   * Evaluates the module and what it imports. The promise is settled at once unless some of that
   * awaits at its top level.
   */
  evaluate(timeout: number, breakOnSigint: boolean): Promise<unknown>;
  evaluateSync?(...args: unknown[]): unknown;
  getStatus(): number;
  getModuleRequests(): readonly ModuleRequest[];
  /** Whether it, or what it imports, awaits at its top level: Nodes up to 22 ... */
  isGraphAsync?(): boolean;
  /** ... and from 24 on. */
  readonly hasAsyncGraph?: boolean;
  /**
   * Whether it does so itself, from Node 24 on. In Node 22 a function of this name tells of the
   * graph.
   */
  readonly hasTopLevelAwait?: unknown;
}

/** An `import ... from "specifier"` of a module. */
export interface ModuleRequest {
  readonly specifier: string;
  readonly attributes: Readonly<Record<string, string>>;
  /**
   * How far the imported module is taken. The number for all the way differs between Nodes; Node 20
   * has none.
   */
  readonly phase?: number;
}

/** V8's status of a module whose code has begun and not ended. */
export const EVALUATING = 3;

/**
 * Compiles and links an ES module, and evaluates it on the running stack, unless some of it awaits
 * at its top level. What its code throws, Node's loader keeps, and throws again when the module is
 * imported.
 * @param filename what it is called, though it is no file.
 * @throws what compiling it or finding its imports threw.
 */
export function makeModule(filename: string, source: string): MadeModule {
  const module = new Module(filename) as LoadableModule;
  const wrap = wrapAfter(module, () => module._compile(source, filename, "module"));
  return { wrap, exports: module.exports as MadeModule["exports"] };
}

interface MadeModule {
  readonly wrap: ModuleWrap;
  readonly exports: Readonly<Record<string, unknown>>;
}

/** As {@link makeModule}, of a file: the one that is loaded already, where one is. */
export function requireModule(filename: string): ModuleWrap {
  const module = new Module(filename) as LoadableModule;
  return wrapAfter(module, () => module.load(filename));
}

function wrapAfter(module: LoadableModule, load: () => void): ModuleWrap {
  let error: unknown;
  try {
    load();
  } catch (thrown) {
    error = thrown;
  }
  const key = Object.getOwnPropertySymbols(module).find(
    ({ description }) => description === "kRequiredModuleSymbol",
  );
  const wrap = key && (module as unknown as Record<symbol, ModuleWrap | undefined>)[key];
  if (wrap === undefined) throw error;
  return wrap;
}

/** Whether a linked module, or one that it imports, awaits at its top level. */
export function isAsync(wrap: ModuleWrap): boolean {
  return wrap.isGraphAsync?.() ?? wrap.hasAsyncGraph ?? false;
}

/** Whether a linked module awaits at its top level itself; undefined where Node does not tell. */
export function awaitsItself({ hasTopLevelAwait: awaits }: ModuleWrap): boolean | undefined {
  return typeof awaits === "boolean" ? awaits : undefined;
}

/** What a module imports to have it evaluated before itself. */
export function importsOf(wrap: ModuleWrap): ModuleRequest[] {
  const { wrap: plain } = makeModule(join(import.meta.dirname, "[plain]"), 'import "node:module";');
  const evaluation = plain.getModuleRequests()[0]?.phase;
  return wrap.getModuleRequests().filter(({ phase }) => phase === evaluation);
}
