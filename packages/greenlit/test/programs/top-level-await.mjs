// Modules that await at their top level: what only imports them blocks all the same, and so does
// what awaits itself, up to there.
import { check, matches, pass } from "@greenlit/testing/program";
import { green, GREEN, runWay, write } from "../support/ways.mjs";

const SLEEP = 'import { getCurrent, sleep } from "greenlit"; sleep(2);';
write({
  "lib.mjs": "export const v = await new Promise((r) => setTimeout(r, 5, 'lib'));",
  "main.mjs": `${SLEEP} import { v } from "./lib.mjs"; sleep(1); console.log(v, getCurrent().name, import.meta.main !== false)`,
  "between.mjs": `${SLEEP} export { v } from "./lib.mjs"; sleep(1); export let n = 0; export const inc = () => n++;`,
  "deep.mjs": `${SLEEP} import { v, n, inc } from "./between.mjs"; inc(); sleep(1); console.log(v, n, getCurrent().name)`,
  // One blocks while another that awaits goes on: in V8 these must not be in one go.
  "slow.cjs": 'const { sleep } = require("greenlit"); sleep(20); module.exports = "slow";',
  "slow.mjs": `${SLEEP} sleep(20); export default "slow";`,
  "many.mjs": `import { v } from "./lib.mjs"; import a from "./slow.cjs"; import b from "./slow.mjs"; import "./between.mjs";
    import data from "./data.json" with { type: "json" }; import { readFileSync } from "node:fs"; ${SLEEP}
    console.log(v, a, b, data, typeof readFileSync, getCurrent().name)`,
  "data.json": '{"a":1}',
  "order-a.mjs":
    "console.log('a begins'); await new Promise((r) => setTimeout(r, 5)); console.log('a ends')",
  "order-b.mjs": "console.log('b')",
  "order.mjs": "import './order-a.mjs'; import './order-b.mjs'; console.log('main')",
  "circle-a.mjs":
    "import { b } from './circle-b.mjs'; import './lib.mjs'; export const a = 'a'; export const ab = () => a + b;",
  "circle-b.mjs":
    "import { ab } from './circle-a.mjs'; await null; export const b = 'b'; export const late = () => ab();",
  "circle.mjs": `import { late } from "./circle-b.mjs"; ${SLEEP} console.log(late(), getCurrent().name)`,
  "query.mjs": `import { v } from "./lib.mjs?x#y"; ${SLEEP} console.log(v, getCurrent().name)`,
  "own.mjs": `${SLEEP} console.log("before", getCurrent().name); console.log(await "value", getCurrent());`,
  "own-for.mjs": `${SLEEP} for await (const x of [Promise.resolve(1)]) console.log(x);`,
  "own-blocks.mjs": `${SLEEP} await null;\nsleep(1);`,
  "lib-blocks.mjs": `${SLEEP} await null;\nsleep(1);`,
  "blames.mjs": 'import "./lib-blocks.mjs"; console.log("not reached")',
  "lib-fails.mjs": "await null; throw new TypeError('of the library')",
  "fails.mjs": `import "./lib-fails.mjs"; console.log("not reached")`,
  "dynamic.mjs": `${SLEEP} import { wait } from "greenlit"; console.log(wait(import("./lib.mjs")).v, getCurrent().name)`,
  "node_modules/pkg/package.json":
    '{"type":"module","exports":{"import":"./i.js","require":"./r.cjs"}}',
  "node_modules/pkg/i.js": "export default await 'import'",
  "node_modules/pkg/r.cjs": "module.exports = 'require'",
  "package.mjs": `import pkg from "pkg"; ${SLEEP} console.log(pkg, getCurrent().name)`,
});
await green("in a library", ["main.mjs"], "lib main-1 true\n");
await green("between them", ["deep.mjs"], "lib 1 main-1\n");
await green("among many", ["many.mjs"], "lib slow slow { a: 1 } function main-1\n");
await green("in order", ["order.mjs"], "a begins\na ends\nb\nmain\n");
await green("in a circle", ["circle.mjs"], "ab main-1\n");
await green("with a query", ["query.mjs"], "lib main-1\n");
await green("in a package", ["package.mjs"], "import main-1\n");
await green("imported by a call", ["dynamic.mjs"], "lib main-1\n");
await green("of its own", ["own.mjs"], "before main-1\nvalue null\n");
await green("for await", ["own-for.mjs"], "1\n");
await green("of -e", ["-e", "import 'greenlit'; console.log(await 3)"], "3\n");
await green("fails", ["fails.mjs"], "", {
  ended: 1,
  errors: /lib-fails\.mjs:1\n[^]*TypeError: of the library/,
});
for (const [name, file] of [
  ["own-blocks.mjs", "own-blocks.mjs"],
  ["blames.mjs", "lib-blocks.mjs"],
]) {
  for (const way of GREEN) {
    const { ended, errors } = await runWay(way, [name]);
    check(ended === 1, `${name} fails`);
    matches(errors, /sleep cannot block here/, "says which call");
    matches(errors, new RegExp(`top-level await in \\S*${file}: `), "says who awaits");
    matches(errors, new RegExp(`${file}:2:`), "says where");
  }
}
pass(50);
