// Scavenges leave out stacks that have not run for a while. Here greenlets run, park and rest at
// random. Each is the only holder of young objects of every age, across scavenges and full
// collections in every order, on the root, on greenlet stacks, and in a worker beside. If a
// scavenge missed a reference, it shows as a wrong content or a crash.
import { Worker, isMainThread } from "node:worker_threads";
import { RawGreenlet, report } from "@greenlit/switcher";
import { check, collect, pass, scaled } from "@greenlit/testing/program";
import { park } from "../support/switcher.mjs";

const COUNT = scaled(600);
const STEPS = scaled(4000);

let seed = isMainThread ? 12345 : 54321;
function random(below) {
  seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
  return (seed >> 8) % below;
}

/**
 * New objects of all the kinds that V8 allocates in different ways. Some are large; some differ
 * only in their content.
 */
function make(mark) {
  return {
    mark,
    text: `mark ${mark}`,
    sliced: `a long enough string to be cut from ${mark}`.slice(5),
    number: mark + 0.25,
    list: [mark, [mark + 1, { mark }]],
    bytes: new Uint8Array(16).fill(mark & 255),
    large: mark % 64 === 0 ? Array.from({ length: 40_000 }, () => mark) : null,
    map: new Map([[`${mark}`, { mark }]]),
    call: () => mark,
  };
}

function intact(kept, mark) {
  return (
    kept.mark === mark &&
    kept.text === `mark ${mark}` &&
    kept.sliced === `g enough string to be cut from ${mark}` &&
    kept.number === mark + 0.25 &&
    kept.list[1][1].mark === mark &&
    kept.bytes[7] === (mark & 255) &&
    (kept.large === null || kept.large[39_999] === mark) &&
    kept.map.get(`${mark}`).mark === mark &&
    kept.call() === mark
  );
}

/** Parks below `level` frames, each of which holds an object of its own. */
function hold(level, mark) {
  const mine = make(mark);
  const asked = level > 0 ? hold(level - 1, mark + 1) : park();
  if (!intact(mine, mark)) throw new Error(`content of ${mark} is lost`);
  return asked;
}

let marks = 0;
function spawn() {
  const greenlet = new RawGreenlet(() => {
    for (;;) {
      const order = hold(random(5), (marks += 10));
      if (order === "end") return "ended";
      if (order !== undefined) collect(order);
    }
  });
  greenlet.switch();
  return greenlet;
}

let others = null;
if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url));
  others = new Promise((resolve, reject) => worker.on("error", reject).on("exit", resolve));
}

const greenlets = Array.from({ length: COUNT }, spawn);
let mostResting = 0;
for (let step = 0; step < STEPS; step++) {
  const what = random(100);
  // Mostly the same few go on, so that the others come to rest; sometimes any of them.
  const at = what < 70 ? random(20) : random(COUNT);
  if (what < 80) greenlets[at].switch();
  else if (what < 84) greenlets[at].switch(random(8) === 0 ? "major" : "minor");
  else if (what < 96) collect("minor");
  else if (what < 97) collect();
  else {
    check(greenlets[at].switch("end") === "ended", "a greenlet ends when it is told to");
    greenlets[at] = spawn();
  }
  mostResting = Math.max(mostResting, report().resting);
}
for (const greenlet of greenlets) check(greenlet.switch("end") === "ended", "each one ends");
// Each that ran has stopped resting: were it counted twice, more would rest than there are.
check(mostResting <= report().stacks, `${mostResting} rested of ${report().stacks} stacks`);

// Some flags turn scavenges into full collections, or make V8 collect in another way.
if (!report().skipsResting)
  check(mostResting === 0, "nobody rests where scavenges leave nobody out");
if (report().driver !== "direct") {
  console.log(`with ${report().driver} the list of threads is V8's alone: nobody rests`);
} else if (process.execArgv.join() === "--expose-gc") {
  check(report().skipsResting, "on by default");
  check(mostResting > COUNT / 4, `at most ${mostResting} rested`);
}

if (others !== null) check((await others) === 0, "the worker ended well");
if (isMainThread) pass(COUNT);
