// TypeScript, also on a Node that does not read it, in each way of starting it.
import { pass } from "@greenlit/testing/program";
import { green, write } from "../support/ways.mjs";

const ESM = `import { getCurrent, sleep } from "greenlit"; import { twice, type N } from "./twice.ts"; sleep(2);
  const x: N = twice(21); console.log(x, getCurrent()!.name, process.argv[1]!.slice(-3));`;
const CJS = `const { sleep }: { sleep(ms: number): void } = require("greenlit"); sleep(2); console.log(require.main === module);`;
const TWICE = "export type N = number; export const twice = (n: N): N => 2 * n;";
write({
  "app.ts": ESM,
  "twice.ts": TWICE,
  "app.mts": ESM,
  "typed/app.ts": ESM,
  "typed/twice.ts": TWICE,
  "typed/package.json": '{"type":"module"}',
  "app.cts": CJS,
  "throws.ts": "const a: number = 1;\nthrow new TypeError('as asked');",
  "enum.ts": "enum Level { Low = 1, High }\nconsole.log(Level.High);",
  "worker.ts":
    `import { Worker, isMainThread } from "node:worker_threads"; import { sleep } from "greenlit"; const ms: number = 2; sleep(ms);
    console.log(isMainThread ? "main" : "worker"); if (isMainThread) new Worker(__filename);`.replace(
      "__filename",
      "process.argv[1]!",
    ),
});
await green("app.ts", ["app.ts"], "42 main-1 .ts\n");
await green("app.mts", ["app.mts"], "42 main-1 mts\n");
await green("of a package of ES modules", ["typed/app.ts"], "42 main-1 .ts\n");
// Under --import, Node 22 cannot link what CommonJS in TypeScript requires.
await green("app.cts", ["app.cts"], "true\n", { ways: ["run"] });
await green("an error", ["throws.ts"], "", {
  ended: 1,
  errors: /throws\.ts[^]*TypeError: as asked/,
});
await green("a Worker", ["worker.ts"], "main\nworker\n");
// More than types to leave out: tsx knows it, and where Node does not, that is said, once.
const strips = Boolean(process.features.typescript);
await green("an enum", ["enum.ts"], strips ? "" : "2\n", {
  ended: strips ? 1 : 0,
  errors: strips
    ? /^(?![^]*--import tsx[^]*--import tsx)[^]*not supported[^]*npm install --save-dev tsx[^]*enum\.ts/
    : /^$/,
});
await green("an enum with tsx", ["--import", "tsx", "enum.ts"], "2\n", { ways: ["run"] });
pass(30);
