// `greenlit run` takes little longer than `node` to start: it loads nothing that the program does
// not use.
import { check, pass, unless } from "@greenlit/testing/program";
import { runWay, write } from "../support/ways.mjs";

// The processor's time: a busy machine does not change it much.
write({
  "empty.mjs": `process.on("exit", () => {
    const { user, system } = process.cpuUsage();
    console.log((user + system) / 1000);
  });`,
});

/** How often each is measured; the shortest time counts. */
const TIMES = 5;
/** It is three times with Node 20, nine with those that start in 25 ms; the rest is room. */
const RATIO = 15;

async function shortest(way) {
  let best = Infinity;
  for (let i = 0; i < TIMES; i++) {
    const { output } = await runWay(way, ["empty.mjs"]);
    check(Number(output) > 0, `${way} runs it`);
    best = Math.min(best, Number(output));
  }
  return best;
}

if (unless(process.execArgv.length > 1 && "flags make V8 slow", "the time to start")) {
  const [node, run] = [await shortest("node"), await shortest("run")];
  console.log(`node ${node.toFixed(0)} ms, greenlit run ${run.toFixed(0)} ms`);
  check(run < RATIO * node, `greenlit run takes ${run} ms, node ${node} ms`);
}

const { errors } = await runWay("run", ["empty.mjs"], { env: { NODE_DEBUG: "esm,module" } });
check(/core\/dist\/hub\/hub\.js/.test(errors), "what is loaded is listed");
for (const name of ["undici", "commander", "tsx", "esbuild", "net/dist/", "doctor.js"]) {
  check(!errors.includes(name), `${name} is not loaded`);
}
pass(7);
