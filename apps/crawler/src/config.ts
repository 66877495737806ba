import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { extname, resolve } from "node:path";
import type { ParseError } from "jsonc-parser";
import { errorMessage } from "./errors.js";
import { nearest } from "./nearest.js";
import { type CrawlOptions, isOption, OPTION_NAMES, readOption } from "./options.js";
import type { PageHandler } from "./page.js";

/** Loads modules of settings, and the parser with the first file: most crawls have none. */
const load = createRequire(import.meta.url);

/** What a file of settings may say: options of a crawl, and in a module a handler for its pages. */
export interface Config extends Partial<CrawlOptions> {
  readonly handler?: PageHandler;
}

/** Gives back what it is given: for editors, which then know what may stand there. */
export function defineConfig(config: Config): Config {
  return config;
}

/** A file of settings cannot be read, or says what makes no sense. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code = "ERR_CRAWLER_CONFIG";
}

/**
 * Reads a file of settings: JSON, in which there may be comments and commas at the end, or a module
 * (`.mjs`, `.js`) whose default export it is, without `await` at its top. Needs no greenlet.
 *
 * @throws ConfigError that names the file, the line in JSON, and the option
 */
export function loadConfig(file: string): Config {
  const isModule = [".mjs", ".js"].includes(extname(file));
  const config = isModule ? fromModule(file) : fromJson(file);
  for (const [name, { value, line }] of config) {
    const where = line === null ? file : `${file}:${line}`;
    const complaint = complaintAbout(name, value, isModule);
    if (complaint !== null) throw new ConfigError(`${where}: ${complaint}`);
  }
  return Object.fromEntries([...config].map(([name, { value }]) => [name, value]));
}

/** By the name of the option. */
type Entries = Map<string, { readonly value: unknown; readonly line: number | null }>;

function complaintAbout(name: string, value: unknown, isModule: boolean): string | null {
  if (name === "handler") {
    if (!isModule) return "handler must be a function, which only a module (.mjs) can have";
    return typeof value === "function" ? null : "handler must be a function";
  }
  if (!isOption(name)) {
    const near = nearest(name, [...OPTION_NAMES, "handler"]);
    return `there is no option ${name}${near === null ? "" : `. Did you mean ${near}?`}`;
  }
  try {
    readOption(name, value);
    return null;
  } catch (error) {
    return errorMessage(error);
  }
}

function fromModule(file: string): Entries {
  let module: { readonly default?: unknown };
  try {
    module = load(resolve(file)) as typeof module;
  } catch (error) {
    throw new ConfigError(`${file} cannot be loaded: ${errorMessage(error)}`, { cause: error });
  }
  if (typeof module.default !== "object" || module.default === null)
    throw new ConfigError(`${file} must have an object of options as its default export`);
  const entries = Object.entries(module.default).filter(([, value]) => value !== undefined);
  return new Map(entries.map(([name, value]) => [name, { value, line: null }]));
}

function fromJson(file: string): Entries {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new ConfigError(`${file} cannot be read: ${errorMessage(error)}`, { cause: error });
  }
  const { getNodeValue, parseTree, printParseErrorCode } = load(
    "jsonc-parser",
  ) as typeof import("jsonc-parser");
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  const lineOf = (offset: number): number => text.slice(0, offset).split("\n").length;
  if (errors[0] !== undefined) {
    const { error, offset } = errors[0];
    throw new ConfigError(`${file}:${lineOf(offset)}: no JSON (${printParseErrorCode(error)})`);
  }
  if (root?.type !== "object") throw new ConfigError(`${file} must be an object of options`);
  const entries: Entries = new Map();
  for (const { children, offset } of root.children ?? []) {
    const [name, value] = children!;
    entries.set(String(name!.value), { value: getNodeValue(value!), line: lineOf(offset) });
  }
  return entries;
}
