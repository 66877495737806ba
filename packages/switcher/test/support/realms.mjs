// Evaluates modules in a new realm, as test runners do: one more copy of the JavaScript, with the
// same native part and the same modules of Node.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import vm from "node:vm";

/** The flag that Node needs for modules in other realms; and whether it is on. */
export const REALM_FLAG = "--experimental-vm-modules";
export const hasRealms = vm.SourceTextModule !== undefined;

/** Evaluates a module, and all that it imports, in a new realm. @returns its exports. */
export async function inNewRealm(url) {
  const context = vm.createContext({
    ...{ process, console, performance, setTimeout, clearTimeout, setInterval, clearInterval },
    ...{ setImmediate, clearImmediate, queueMicrotask, Buffer, URL, AbortController, AbortSignal },
  });
  const modules = new Map();
  const load = (target) => {
    if (!modules.has(target))
      modules.set(target, target.startsWith("node:") ? builtin(target) : own(target));
    return modules.get(target);
  };
  const builtin = async (name) => {
    const exports = await import(name);
    return new vm.SyntheticModule(
      Object.keys(exports),
      function () {
        for (const [key, value] of Object.entries(exports)) this.setExport(key, value);
      },
      { context },
    );
  };
  const own = (target) =>
    new vm.SourceTextModule(readFileSync(fileURLToPath(target), "utf8"), {
      context,
      identifier: target,
      initializeImportMeta: (meta) => (meta.url = target),
    });
  const link = (specifier, from) => {
    if (specifier.startsWith("node:")) return load(specifier);
    if (specifier.startsWith(".")) return load(new URL(specifier, from.identifier).href);
    return load(pathToFileURL(createRequire(from.identifier).resolve(specifier)).href);
  };
  const root = await load(url);
  await root.link(link);
  await root.evaluate();
  return root.namespace;
}
