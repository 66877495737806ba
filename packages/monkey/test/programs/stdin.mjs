// Reads from the standard input in greenlets; stdin.test.ts writes what is read here.
import assert from "node:assert";
import fs from "node:fs";
import { run, sleep, spawn } from "@greenlit/core";
import { patchAll } from "@greenlit/monkey";

patchAll();

const waiting = () => fs.writeSync(1, "waiting\n");

/** Reads so many bytes, at most. */
function read(size) {
  const buffer = Buffer.alloc(size);
  return buffer.toString("utf8", 0, fs.readSync(0, buffer));
}

await run(() => {
  // What is wrong is refused at once.
  assert.throws(() => fs.readSync(0, "no buffer"), { code: "ERR_INVALID_ARG_TYPE" });
  assert.throws(() => fs.readFileSync(0, "no encoding"), { code: "ERR_INVALID_ARG_VALUE" });

  const killed = spawn(read, 100);
  sleep(0);
  killed.kill();

  const readers = [spawn(read, 3), spawn(read, 3)];
  sleep(0);
  waiting();
  assert.deepEqual(readers.map((g) => g.get()).sort(), ["abc", "def"]);
  if (process.argv[2] === "exit") {
    spawn(read, 1);
    sleep(0);
    waiting();
    process.exit(3);
  }
  assert.equal(read(100), "gh\n");

  const vector = spawn(() => fs.readvSync(0, [Buffer.alloc(2), Buffer.alloc(2)]));
  sleep(0);
  waiting();
  assert.equal(vector.get(), 4);

  const all = spawn(() => fs.readFileSync(0, "utf8"));
  sleep(0);
  waiting();
  assert.equal(all.get(), "last\n");
  assert.equal(fs.readFileSync("/dev/stdin").length, 0);
  console.log("pass");
});
