import { readFileSync } from "node:fs";

/** `import { a, b } from "./x.js";`, as TypeScript writes it. */
const IMPORT = /^import \{([^}]*)\} from "([^"]+)";$/gm;
const EXPORT = /^export ((?:async )?(?:class|function)|const) (\w+)/gm;

/**
 * One script of a module and those it imports: a file that is opened from the disk cannot import
 * others. Each becomes a function that returns what it exports, so their names do not clash.
 *
 * @param main URL of the module, compiled
 */
export function linkModules(main: URL): string {
  const names = new Map<string, string>();
  const linked: string[] = [];
  const link = (url: URL): string => {
    const known = names.get(url.href);
    if (known !== undefined) return known;
    const text = readFileSync(url, "utf8").replace(/^\/\/# sourceMappingURL=.*$/m, "");
    const body = text.replace(IMPORT, (_, imported: string, from: string) => {
      return `const {${imported}} = ${link(new URL(from, url))};`;
    });
    const name = `module${names.size}`;
    names.set(url.href, name);
    const exported = [...text.matchAll(EXPORT)].map(([, , name]) => name).join(", ");
    const inner = body.replace(EXPORT, "$1 $2");
    if (/^(?:import|export)\b/m.test(inner)) throw new Error(`${url.href} cannot be linked`);
    linked.push(`const ${name} = (() => {\n${inner}\nreturn { ${exported} };\n})();\n`);
    return name;
  };
  link(main);
  return `"use strict";\n${linked.join("")}`;
}
