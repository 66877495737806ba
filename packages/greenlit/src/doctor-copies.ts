import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, sep } from "node:path";

/** A package of ours, or a native part of it, in the dependency tree of a folder. */
export interface Copy {
  readonly name: string;
  /** Of the package it is in; "unknown" when that does not say. */
  readonly version: string;
  /** Real: links are followed. */
  readonly path: string;
}

/** What a walk through a dependency tree has found. */
export interface Copies {
  readonly packages: readonly Copy[];
  /** Native parts that do not belong to the packages: bundlers copy them. */
  readonly addons: readonly Copy[];
  /** Native parts in build/Release of a package that has one for this Node in prebuilds as well. */
  readonly shadowing: readonly Copy[];
  /** Why there may be more of them; null when all has been seen. */
  readonly unseen: string | null;
}

/** Of these there should be one in a process. */
const OURS = ["@greenlit/switcher", "@greenlit/core"];
const ADDON = "greenlit_switcher";

/** Some seconds of work. */
const PACKAGES_LOOKED_AT = 20_000;

/** Where native parts lie in packages, and where bundlers put them. */
const BUILT = join("build", "Release");
const PREBUILT = join("prebuilds", `${process.platform}-${process.arch}`);
const ADDON_FOLDERS = ["", "bin", "build", BUILT, "dist", "lib", "out", PREBUILT];
/** Bytes; ours has a tenth of a million. */
const LARGEST_ADDON = 16 * 2 ** 20;

/**
 * Looks for our packages where modules that are loaded from a folder may find them: in its
 * node_modules and those of the folders above, in those of each package in them, and so on.
 * Packages are known by what they are called in package.json, not by their folder, and counted once
 * however many links lead to them (pnpm, workspaces, `npm link`).
 * @param most how many packages are looked at.
 */
export function findCopies(folder: string, most: number = PACKAGES_LOOKED_AT): Copies {
  const packages: Copy[] = [];
  const addons: Copy[] = [];
  const shadowing: Copy[] = [];
  const seen = new Set<string>();
  const start = realpath(folder) ?? folder;
  const queue: string[] = [];
  let looked = 0;

  /** All node_modules that are searched for what is imported from a folder. */
  const searchFrom = (at: string): void => {
    for (let here = at; ; here = dirname(here)) {
      const modules = basename(here) === "node_modules" ? here : join(here, "node_modules");
      const real = seen.has(modules) ? undefined : realpath(modules);
      seen.add(modules);
      if (real !== undefined && (real === modules || !seen.has(real))) {
        seen.add(real);
        queue.push(real);
      }
      if (here === dirname(here)) return;
    }
  };

  const lookAt = (path: string): void => {
    looked++;
    const copy = read(path);
    const ours = copy !== null && OURS.includes(copy.name);
    if (ours) packages.push(copy);
    const found = addonsOf(path);
    for (const addon of found) {
      const part = { name: ADDON, version: copy?.version ?? "unknown", path: addon };
      if (!ours) addons.push(part);
      else if (dirname(addon) === join(path, BUILT) && found.some(fitsThisNode))
        shadowing.push(part);
    }
    searchFrom(path);
  };

  seen.add(start);
  lookAt(start);
  for (let modules = queue.shift(); modules !== undefined; modules = queue.shift()) {
    for (const entry of packagesIn(modules)) {
      const path = realpath(entry);
      if (path === undefined || seen.has(path)) continue;
      seen.add(path);
      if (looked >= most) {
        const unseen = `only ${most} packages were looked at`;
        return { packages, addons, shadowing, unseen };
      }
      lookAt(path);
    }
  }
  return { packages, addons, shadowing, unseen: plugAndPlay(start) };
}

/** The folders of a node_modules that are packages, or links to them. */
function packagesIn(modules: string): string[] {
  return list(modules)
    .filter((name) => !name.startsWith("."))
    .flatMap((name) =>
      name.startsWith("@")
        ? list(join(modules, name)).map((part) => join(modules, name, part))
        : [join(modules, name)],
    );
}

/** What a package says it is. */
function read(path: string): Copy | null {
  try {
    const text = readFileSync(join(path, "package.json"), "utf8");
    const { name = "", version = "unknown" } = JSON.parse(text) as Partial<Copy>;
    return { name, version, path };
  } catch {
    return null; // no package, or one that nothing can import
  }
}

function addonsOf(path: string): string[] {
  const inside = new Set(list(path));
  return ADDON_FOLDERS.filter((folder) => folder === "" || inside.has(folder.split(sep)[0] ?? ""))
    .flatMap((folder) =>
      (folder === "" ? [...inside] : list(join(path, folder)))
        .filter((name) => name.endsWith(".node"))
        .map((name) => join(path, folder, name)),
    )
    .filter(isAddon);
}

/** By its content: bundlers rename files. */
function isAddon(path: string): boolean {
  try {
    const stats = statSync(path);
    return stats.isFile() && stats.size <= LARGEST_ADDON && readFileSync(path).includes(ADDON);
  } catch {
    return false;
  }
}

/** Whether node-gyp-build would find this file in prebuilds for the Node that runs. */
function fitsThisNode(path: string): boolean {
  const abi = `abi${process.versions.modules}`;
  return dirname(path).endsWith(PREBUILT) && basename(path).split(".").includes(abi);
}

/** Yarn's Plug'n'Play has no node_modules to walk through. */
function plugAndPlay(folder: string): string | null {
  for (let here = folder; ; here = dirname(here)) {
    const file = list(here).find((name) => name === ".pnp.cjs");
    if (file !== undefined) return `${join(here, file)} says where packages are, and is not read`;
    if (here === dirname(here)) return null;
  }
}

/** Nothing, where there is nothing, or nothing to be seen. */
function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function realpath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

/**
 * What is wrong with what was found, and what follows from it.
 * @param own the folder of the switcher that the doctor itself runs with.
 */
export function warnOfCopies(
  { packages, addons, shadowing, unseen }: Copies,
  own: string,
): string[] {
  const warnings: string[] = [];
  const say = (what: string, copies: readonly Copy[], follows: string): void => {
    const lines = copies.map(({ version, path }) => `  ${version}  ${path}`);
    warnings.push([what, ...lines, follows].join("\n"));
  };
  for (const name of OURS) {
    const copies = packages.filter((copy) => copy.name === name);
    if (copies.length < 2) continue;
    const alike = new Set(copies.map(({ version }) => version)).size === 1;
    say(
      `${copies.length} copies of ${name} in the dependencies of this folder:`,
      copies,
      (name === "@greenlit/core"
        ? "The one that is used first has the hub, for all of them: only its `config` counts. "
        : "The one that is used first suspends the stacks, for all of them: its settings and its native part count. ") +
        "`instanceof` knows the errors of the others, but none of their other classes. " +
        (alike ? "" : "Their versions differ, so one may not fit what the other keeps. ") +
        "`npm dedupe`, or one version for all (`overrides` in package.json), leaves one.",
    );
  }
  const switchers = packages.filter(({ name }) => name === "@greenlit/switcher");
  if (addons.length > 0) {
    say(
      `${addons.length === 1 ? "A native part" : "Native parts"} of @greenlit/switcher outside the package, as bundlers copy it:`,
      addons,
      "It fits only the version of @greenlit/switcher, the Node and the platform it was made for, and does not change when " +
        `they do. ${switchers.length > 0 ? "With the package's own there are several, and whichever is used first serves all. " : ""}` +
        "Tell the bundler to leave @greenlit/switcher out (`external`), and remove the file.",
    );
  }
  if (shadowing.length > 0) {
    say(
      "@greenlit/switcher has a native part of its own making beside the one that came with it for this Node:",
      shadowing,
      "The one in build/Release is taken, also by Nodes that it was not made for. Remove that folder, or, if it is meant, " +
        "`npm rebuild @greenlit/switcher` after each change of Node.",
    );
  }
  if (switchers.length > 0 && switchers.every(({ path }) => path !== own)) {
    say(
      "This doctor is not the one of this folder, which has its own switcher:",
      switchers,
      `What is said of the switcher is said of the doctor's, in ${own}. \`npx greenlit doctor\` in this folder takes the folder's own.`,
    );
  }
  if (unseen !== null)
    warnings.push(`There may be more copies of greenlit than are told here: ${unseen}.`);
  return warnings;
}
