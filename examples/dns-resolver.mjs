// The addresses of very many names, with so many questions on their way at a time.
//   npx greenlit run dns-resolver.mjs [AT_ONCE] < names.txt
import { createInterface } from "node:readline";
import { Pool, wait } from "greenlit";
import { resolve } from "greenlit/net";

const pool = new Pool(Number(process.argv[2] ?? 200));
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
let found = 0;
let failed = 0;

function look(name) {
  try {
    console.log(`${name}: ${resolve(name, "A", { timeout: 10_000 }).join(" ")}`);
    found++;
  } catch (error) {
    console.log(`${name}: ${error.code ?? error.message}`);
    failed++;
  }
}

for (let line; !(line = wait(lines.next())).done;) {
  const name = line.value.trim();
  if (name !== "") pool.spawn(look, name); // blocks while the pool is full
}
pool.join();
console.log(`${found} found, ${failed} not`);
