// Asks for a page again and again, with many greenlets at once, and tells how it went.
//   npx greenlit run load-generator.mjs URL [GREENLETS] [SECONDS]
import { joinAll, spawn } from "greenlit";
import { createAgent, request } from "greenlit/net";

const [url, greenlets = "50", seconds = "5"] = process.argv.slice(2);
const dispatcher = createAgent({ connections: Number(greenlets) });
const end = performance.now() + Number(seconds) * 1000;
const times = [];
const answers = new Map();

function count(what) {
  answers.set(what, (answers.get(what) ?? 0) + 1);
}

function ask() {
  while (performance.now() < end) {
    const start = performance.now();
    try {
      const { status, body } = request(url, { dispatcher, timeout: 10_000 });
      body.bytes();
      times.push(performance.now() - start);
      count(status);
    } catch (error) {
      count(error.code ?? error.message);
    }
  }
}

joinAll(Array.from({ length: Number(greenlets) }, () => spawn(ask)));
times.sort((a, b) => a - b);
const at = (q) => `${(times[Math.floor((times.length - 1) * q)] ?? NaN).toFixed(1)} ms`;
console.log(`${Math.round(times.length / Number(seconds))} answers a second`);
console.log(`half within ${at(0.5)}, 99 % within ${at(0.99)}, all within ${at(1)}`);
for (const [what, n] of answers) console.log(`${what}: ${n}`);
dispatcher.destroy();
