// Hundreds of greenlets allocate all the time, and each is suspended at any point. So the heap
// grows, objects are promoted, and collections of every kind happen on every stack.
import { RawGreenlet } from "@greenlit/switcher";
import { check, pass, scaled } from "@greenlit/testing/program";
import { park } from "../support/switcher.mjs";

const GREENLETS = scaled(300);
const TURNS = scaled(60);

function storm(seed) {
  const kept = new Map();
  let text = "";
  let sum = 0;
  for (let turn = 0; turn < TURNS; turn++) {
    const batch = Array.from({ length: 20 }, (_, i) => ({
      seed,
      turn,
      i,
      label: `${seed}:${turn}:${i}`,
    }));
    kept.set(turn % 7, batch);
    text = (text + batch[turn % 20].label).slice(-400);
    const doubles = new Float64Array(64).fill(seed);
    const buffer = Buffer.alloc(128, turn & 255);
    const sorted = batch.map((item) => item.i * ((turn % 3) - 1)).sort((a, b) => a - b);
    park();
    for (const [slot, items] of kept) {
      const { turn: born } = items[0];
      check(
        born % 7 === slot && items.every((item) => item.seed === seed && item.turn === born),
        "kept batches",
      );
    }
    check(
      doubles[63] === seed && buffer[127] === (turn & 255) && sorted.length === 20,
      "backing stores",
    );
    check(text.endsWith(`${seed}:${turn}:${turn % 20}`), "a growing string");
    sum += JSON.parse(JSON.stringify(batch)).reduce((n, item) => n + item.i, 0);
  }
  check(sum === TURNS * 190, "what was parsed back");
}

let living = Array.from({ length: GREENLETS }, (_, seed) => new RawGreenlet(() => storm(seed)));
let seed = 12345;
while (living.length > 0) {
  // Some order, but the same in every run.
  seed = (seed * 1103515245 + 12345) & 0x7fffffff;
  const greenlet = living[seed % living.length];
  greenlet.switch();
  if (greenlet.dead) living = living.filter((other) => other !== greenlet);
}
pass(GREENLETS * TURNS);
