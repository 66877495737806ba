import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { linkModules } from "../../src/report/scripts.js";
import { temporaryFolder } from "../folder.js";

function link(files: Record<string, string>): string {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return linkModules(pathToFileURL(join(folder, "main.js")));
}

it("makes one script of modules, whose names do not clash, and runs each once", () => {
  const script = link({
    "main.js": `import { one } from "./one.js";
import { two, Two } from "./two.js";
const secret = "main";
result.push(secret, one(), two, new Two().name);
//# source${""}MappingURL=main.js.map
`,
    "one.js": `const secret = "one";\nresult.push("once");\nexport function one() {\n    return secret;\n}\n`,
    "two.js": `import { one } from "./one.js";
const secret = "two";
export const two = secret + one();
export class Two {
    name = "Two";
}
`,
  });
  const result: string[] = [];
  runInNewContext(script, { result });
  expect(result).toEqual(["once", "main", "one", "twoone", "Two"]);
  expect(script).not.toContain("sourceMappingURL");
});

it("takes no module that it does not understand", () => {
  expect(() => link({ "main.js": 'export * from "./x.js";\n' })).toThrow("cannot be linked");
  expect(() => link({ "main.js": 'import all from "./x.js";\n' })).toThrow("cannot be linked");
});
