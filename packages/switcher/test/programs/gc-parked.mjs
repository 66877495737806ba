// Thousands of parked stacks hold the only references to young objects, while garbage is collected
// on the root and on greenlet stacks. No object may be lost, and no object may live on when no
// stack holds it any more.
import { RawGreenlet } from "@greenlit/switcher";
import { check, collect, pass, same, scaled } from "@greenlit/testing/program";
import { park } from "../support/switcher.mjs";

const COUNT = scaled(3000);
const ROUNDS = 6;
const weak = [];

function deep(level, number, held) {
  // Local variables of many frames: young objects of all the kinds that V8 keeps in different ways.
  const mine = {
    number,
    level,
    text: `${number}/${level}`,
    half: number + 0.5,
    list: [level, { held }],
  };
  if (level > 0) {
    const below = deep(level - 1, number, mine);
    return [mine.number, mine.text, mine.half, mine.list[0]].join() + ";" + below;
  }
  weak.push(new WeakRef(mine));
  for (let round = 0; round < ROUNDS; round++) {
    const fresh = { round, big: BigInt(number) << 70n, map: new Map([[number, `${round}`]]) };
    const answer = park(number);
    check(answer === round, `greenlet ${number} got ${answer} in round ${round}`);
    check(
      fresh.round === round && fresh.map.get(number) === `${round}`,
      "young objects of the round",
    );
    check(fresh.big >> 70n === BigInt(number), "a young bigint");
  }
  return mine.list[1].held?.text ?? "none";
}

function expected(number) {
  const double = number + 0.5;
  return `${number},${number}/2,${double},2;${number},${number}/1,${double},1;${number}/1`;
}

const results = [];
const greenlets = Array.from({ length: COUNT }, (_, number) => {
  const greenlet = new RawGreenlet(() => results.push([number, deep(2, number, null)]));
  greenlet.switch();
  return greenlet;
});

const collector = new RawGreenlet(() => {
  for (;;) collect(park());
});
collector.switch();

for (let round = 0; round < ROUNDS; round++) {
  const type = round % 2 === 0 ? "minor" : "major";
  if (round % 4 < 2) collect(type);
  else collector.switch(type);
  check(
    weak.every((ref) => ref.deref() !== undefined),
    "everything on a parked stack is alive",
  );
  // Half of them go on in one order, half in the other, with a collection in between.
  for (let i = 0; i < COUNT; i += 2) greenlets[i].switch(round);
  collect("minor");
  for (let i = COUNT - 1 - (COUNT % 2 === 0 ? 0 : 1); i > 0; i -= 2) greenlets[i].switch(round);
}

check(
  greenlets.every((greenlet) => greenlet.dead),
  "all have ended",
);
results.sort(([a], [b]) => a - b);
for (const [number, text] of results) same(text, expected(number), `the frames of ${number}`);

// The stacks are idle now and hold nothing. The object of a WeakRef lives at least until the job
// that looked at it has ended.
setImmediate(() => {
  collect();
  setImmediate(() => {
    collect();
    const alive = weak.filter((ref) => ref.deref() !== undefined).length;
    check(alive < COUNT / 50 + 3, `${alive} of ${COUNT} objects are still alive`);
    pass(COUNT * ROUNDS * 3);
  });
});
