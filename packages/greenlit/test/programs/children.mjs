// What a program starts as itself again is greenlit as well: forks, the cluster's processes and
// Workers, in both ways. Other processes are not.
import { pass } from "@greenlit/testing/program";
import { green, write } from "../support/ways.mjs";

const SLEEP = 'const { sleep, getCurrent } = require("greenlit"); sleep(2);';
write({
  "child.cjs": `${SLEEP} process.send([getCurrent().name, process.execArgv, process.argv.slice(2)]);`,
  "child.mjs":
    'import { sleep, getCurrent } from "greenlit"; sleep(2); process.send([getCurrent().name, process.execArgv, process.argv.slice(2)]);',
  "fork.mjs": `import { fork } from "node:child_process"; import { once } from "node:events"; import { wait, sleep } from "greenlit"; sleep(1);
    const said = (child) => console.log(JSON.stringify(wait(once(child, "message"))[0]));
    said(fork("child.cjs")); said(fork("child.mjs", ["a"])); said(fork("child.mjs", { execArgv: ["--no-warnings"] }));
    said(fork("child.cjs", null, { env: { ...process.env } })); said(fork(new URL("child.mjs", import.meta.url)));
    try { fork("child.cjs", 5) } catch (e) { console.log(e.code) }
    console.log(fork.name, fork.length);`,
  "cluster.mjs": `import cluster from "node:cluster"; import { sleep } from "greenlit"; sleep(1);
    if (cluster.isPrimary) cluster.fork().on("message", (m) => console.log(m));
    else { sleep(1); process.send("slept"); process.disconnect(); }`,
  "worker.cjs": `${SLEEP} require("node:worker_threads").parentPort.postMessage([getCurrent().name, process.execArgv, process.argv.slice(2)]);`,
  "worker.mjs": `import { parentPort } from "node:worker_threads"; import { isPatched } from "greenlit/monkey"; import { sleep, getCurrent } from "greenlit";
    sleep(2); parentPort.postMessage([getCurrent().name, process.execArgv, isPatched("fs", "readFileSync")]);`,
  "workers.mjs": `import { Worker } from "node:worker_threads"; import { once } from "node:events"; import { wait, sleep } from "greenlit"; sleep(1);
    class Mine extends Worker {}
    const said = (worker) => console.log(JSON.stringify(wait(once(worker, "message"))[0]), worker instanceof Worker, worker.constructor.name);
    said(new Worker("./worker.cjs", { argv: ["a"] })); said(new Worker(new URL("worker.mjs", import.meta.url)));
    said(new Worker("./worker.mjs", { execArgv: ["--no-warnings"] })); said(new Mine("./worker.mjs"));
    said(new Worker('const { sleep } = require("greenlit"); sleep(2); require("node:worker_threads").parentPort.postMessage("text")', { eval: true }));
    try { new Worker(5) } catch (e) { console.log(e.code) }
    const failing = new Worker("./fails.mjs"); console.log(wait(once(failing, "error"))[0].message);`,
  "fails.mjs": "import { sleep } from 'greenlit'; sleep(1); throw new Error('of the worker')",
  "spawn.mjs": `import { execFileSync } from "node:child_process";
    console.log(String(execFileSync(process.execPath, ["-p", "require('node:fs').readFileSync.name + (process.env.NODE_OPTIONS ?? '')"])))`,
});
const forks = (flags) => `["main-1",${flags},[]]
["main-1",${flags},["a"]]
["main-1",["--no-warnings"],[]]
["main-1",${flags},[]]
["main-1",${flags},[]]
ERR_INVALID_ARG_TYPE
fork 1
`;
await green("forks", ["fork.mjs"], forks("[]"));
await green("forks, with flags", ["--trace-uncaught", "fork.mjs"], forks('["--trace-uncaught"]'));
await green("a cluster", ["cluster.mjs"], "slept\n");
await green(
  "Workers",
  ["workers.mjs"],
  `["main-1",[],["a"]] true Worker
["main-1",[],true] true Worker
["main-1",["--no-warnings"],true] true Worker
["main-1",[],true] true Mine
"text" true Worker
ERR_INVALID_ARG_TYPE
of the worker
`,
);
await green("others", ["spawn.mjs"], "readFileSync\n\n");
pass(18);
