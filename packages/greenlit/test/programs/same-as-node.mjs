// `greenlit run X` and `node --import greenlit/register X` do what `node X` does: in what a program
// can see, in what it prints when it fails, and in how it ends.
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { pass, unless } from "@greenlit/testing/program";
import { FLAGS, folder, green, sameAsNode, write } from "../support/ways.mjs";

const SEES_ESM = `import { fileURLToPath } from "node:url";
  console.log(process.argv.slice(1), process.argv[1] === fileURLToPath(import.meta.url), import.meta.url, import.meta.main,
    import.meta.filename, process.execArgv, process.mainModule, process.argv0, process.listenerCount("SIGINT"));`;
const SEES_CJS = `console.log(process.argv.slice(1), require.main === module, process.mainModule === module, __filename,
  process.execArgv, module.paths.length, typeof require("./dep.cjs"));`;
write({
  "esm.mjs": SEES_ESM,
  "typed/esm.js": SEES_ESM,
  "typed/package.json": '{"type":"module"}',
  "cjs.cjs": SEES_CJS,
  "as-it-is.cjs":
    "console.log(module.id, module.parent, module.loaded, module.children.length, require.main.filename)",
  "dep.cjs": "module.exports = require.main !== module;",
  "plain.js": SEES_CJS,
  "detected.js": SEES_ESM,
  "folder/index.js": "console.log('index', __filename, process.argv[1])",
  "pack/package.json": '{"main":"lib/it.js"}',
  "pack/lib/it.js": "console.log('main', __filename, process.argv[1])",
  env: "FROM_FILE=yes\n",
  "preload.cjs": "globalThis.preloaded = process.argv.length",
  "preload.mjs": "globalThis.imported = true",
  "flags.js":
    "console.log(process.execArgv, process.env.FROM_FILE, globalThis.preloaded, globalThis.imported, process.argv.slice(2))",
  "cond/package.json":
    '{"type":"module","imports":{"#x":{"foo":"./foo.js","default":"./other.js"}}}',
  "cond/main.js": "import x from '#x'; console.log(x)",
  "cond/foo.js": "export default 'foo'",
  "cond/other.js": "export default 'other'",
  "code.mjs": "process.exitCode = 5; console.log(1)",
  "exit.cjs": "process.on('exit', (code) => console.log('exit', code)); process.exit(6)",
  "late.mjs":
    "process.on('beforeExit', () => console.log('beforeExit')); setTimeout(() => console.log('late'), 10)",
  "streams.mjs":
    "process.stdin.on('data', (data) => console.log(String(data), process.stdin.isTTY, process.stdout.isTTY))",
  "throws.mjs": "console.log(1);\n  throw new TypeError('as asked')",
  "throws.cjs": "console.log(1);\n  throw new TypeError('as asked')",
  "throws-string.mjs": "throw 'text'",
  "deep.mjs": "import './throws.mjs'",
  "deep.cjs": "require('./throws.cjs')",
  "syntax.mjs": "const a = 1;\nlet x = ;",
  "syntax.cjs": "const a = 1;\nlet x = ;",
  "syntax.js": "import 'fs';\nlet x = ;",
  "imports-syntax.mjs": "import './syntax.mjs'; console.log(1)",
  "no-export.mjs": "import {\n  nothing } from './esm.mjs'",
  "no-export-cjs.mjs": "import { nothing } from './dep.cjs'",
  "no-module.mjs": "import './nowhere.mjs'",
  "no-module.cjs": "require('./nowhere.cjs')",
  "no-package.mjs": "import 'no-such-package'",
  "require-in-esm.mjs": "require('fs')",
  "rejects.mjs":
    "Promise.reject(new Error('nobody')); setTimeout(() => console.log('not reached'), 1000)",
  "later.cjs": "setTimeout(() => { throw new Error('later') }, 1)",
  "handled.mjs":
    "process.on('uncaughtException', (e, origin) => console.log(e.message, origin, e.stack.split('\\n')[1])); setTimeout(() => console.log('on'), 1); throw new Error('x')",
  "handled.cjs":
    "process.on('uncaughtException', (e, origin) => console.log(e.message, origin)); setTimeout(() => console.log('on'), 1); throw new Error('x')",
  "monitor.cjs":
    "process.on('uncaughtExceptionMonitor', (e, o) => console.log('monitor saw', e.message, o)); throw new Error('x')",
  "monitor.mjs":
    "process.on('uncaughtExceptionMonitor', (e, o) => console.log('monitor saw', e.message, o)); throw new Error('x')",
  "handler-throws.cjs":
    "process.on('uncaughtException', () => { throw new Error('y') }); throw new Error('x')",
  "capture.cjs":
    "process.setUncaughtExceptionCaptureCallback((e) => console.log('captured', e.message)); throw new Error('x')",
  "unsettled.mjs": "process.on('exit', (code) => console.log(code)); await new Promise(() => {})",
  "own-await.mjs": "console.log(await 1); throw new Error('behind')",
});
symlinkSync("esm.mjs", join(folder, "link.mjs"));
symlinkSync("plain.js", join(folder, "link.js"));

const cases = [
  ["an ES module", "esm.mjs", "a", "--b", "-c"],
  ["an ES module by its path", join(folder, "esm.mjs")],
  ["an ES module by type", "typed/esm.js"],
  ["an ES module by its syntax", "detected.js"],
  ["CommonJS", "plain.js", "--inspect"],
  ["a link to an ES module", "link.mjs"],
  ["a link to CommonJS", "link.js"],
  ["without extension", "plain"],
  ["a folder", "folder"],
  ["a package", "pack/"],
  [
    "flags",
    "--max-old-space-size=200",
    "--env-file=env",
    "-r",
    "./preload.cjs",
    "--import",
    "./preload.mjs",
    "flags.js",
    "-x",
  ],
  ["conditions", "--conditions=foo", "cond/main.js"],
  ["conditions apart", "-C", "foo", "cond/main.js"],
  ["no such flag", "--no-such-flag", "plain.js"],
  ["check", "--check", "syntax.cjs"],
  ["version", "--version"],
  ["exit code", "code.mjs"],
  ["process.exit", "exit.cjs"],
  ["beforeExit", "late.mjs"],
  ["thrown by an ES module", "throws.mjs"],
  ["thrown by CommonJS", "throws.cjs"],
  ["a text thrown", "throws-string.mjs"],
  ["thrown by an import", "deep.mjs"],
  ["thrown by what is required", "deep.cjs"],
  ["syntax of an ES module", "syntax.mjs"],
  ["syntax of CommonJS", "syntax.cjs"],
  ["syntax of an import", "imports-syntax.mjs"],
  ["no such export", "no-export.mjs"],
  ["no such export of CommonJS", "no-export-cjs.mjs"],
  ["no such import", "no-module.mjs"],
  ["nothing there to be required", "no-module.cjs"],
  ["no such package", "no-package.mjs"],
  ["require in an ES module", "require-in-esm.mjs"],
  ["a rejection", "rejects.mjs"],
  ["thrown later", "later.cjs"],
  ["an error of an ES module, handled", "handled.mjs"],
  ["an error of CommonJS, handled", "handled.cjs"],
  ["the monitor, CommonJS", "monitor.cjs"],
  ["the monitor, ES module", "monitor.mjs"],
  ["a handler that throws", "handler-throws.cjs"],
  ["an error captured", "capture.cjs"],
  ["an await that is never settled", "unsettled.mjs"],
  ["thrown behind an await", "own-await.mjs"],
  [
    "-e",
    "-e",
    "console.log('e', process.argv.length, __filename, module.id, process._eval.length)",
    "a",
  ],
  ["-p", "-p", "[1, { a: process.argv.length }]", "a"],
  ["-p of a promise", "-p", "Promise.resolve(1)"],
  ["-pe", "-pe", "typeof module + __filename"],
  ["-p that throws", "-p", "throw new Error('p')"],
  ["-e that exits", "-e", "process.exit(3)"],
  [
    "-e of an ES module",
    "--input-type=module",
    "-e",
    "console.log(import.meta.url, process.argv.length)",
    "a",
  ],
  ["-e of a detected ES module", "-e", "import 'fs'; console.log(import.meta.url)"],
  ["-e of an ES module that throws", "--input-type=module", "-e", "throw new Error('m')"],
];
// Under flags that make V8 slow they are as many as there is time for.
const every = FLAGS.length === 0 ? 1 : 12;
if (every > 1) unless("flags make V8 slow", "most ways to end");
for (const [what, ...args] of cases.filter((_, i) => i % every === 0)) {
  await sameAsNode(what, args);
}
await sameAsNode("syntax of a detected ES module", ["syntax.js"], { ways: ["run"] });
// `node --import` of anything has Node find it, and load CommonJS, in another way, which shows.
await sameAsNode("CommonJS as it is", ["as-it-is.cjs"], { ways: ["run"] });
for (const name of ["nowhere.mjs", "nowhere", "nowhere/at/all.cjs"]) {
  await sameAsNode("a missing file", [name], { ways: ["run"] });
}
const input = "console.log('stdin', process.argv.slice(1), __filename)";
await sameAsNode("stdin", ["-", "a"], { input });
await sameAsNode("stdin alone", [], { input });
await sameAsNode("stdin, an ES module", ["--input-type=module", "-"], {
  input: "console.log(import.meta.url)",
});
await sameAsNode("stdin that throws", ["-"], { input: "throw new Error('in')" });
await sameAsNode("a program that reads stdin", ["streams.mjs"], { input: "words" });

// And the top level of each kind may block.
const BLOCKS = "sleep(1); console.log(getCurrent().name)";
const CJS = `const { sleep, getCurrent } = require("greenlit"); ${BLOCKS}`;
const ESM = `import { sleep, getCurrent } from "greenlit"; ${BLOCKS}`;
write({ "b.mjs": ESM, "b.cjs": CJS, "b.js": ESM, "b/index.js": CJS });
for (const name of ["b.mjs", "b.cjs", "b.js", "b"])
  await green(`${name} blocks`, [name], "main-1\n");
await green("-e blocks", ["-e", CJS], "main-1\n");
await green("-e of an ES module blocks", ["-e", ESM], "main-1\n");
await green("-p blocks", ["-p", `${CJS}; 42`], "main-1\n42\n");
await green("stdin blocks", ["-"], "main-1\n", { input: CJS });
await green("stdin, an ES module, blocks", [], "main-1\n", { input: ESM });
await green("with flags", ["--no-warnings", "b.mjs"], "main-1\n");
pass(every === 1 ? 300 : 60);
