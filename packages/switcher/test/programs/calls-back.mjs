// Native addons call JavaScript back while C++ or Node-API keeps something last in, first out.
// Blocking in such a callback either works, or is refused before anything has changed. An exception
// that is thrown again is that of its own stack, and Node's count of handle scopes is right at the
// end.
import { RawGreenlet, report, root } from "@greenlit/switcher";
import {
  check,
  child,
  collect,
  pass,
  same,
  scaled,
  thrownBy,
  unless,
} from "@greenlit/testing/program";
import { loadAddon, noAddon } from "../support/addon.mjs";
import { park } from "../support/switcher.mjs";

const ALL = !process.argv[2];
if (!unless(noAddon, "a native addon")) {
  pass(0);
  process.exit();
}
const addon = loadAddon("calls_back");

/** Runs all in turns to their ends, not in the order in which they began. Returns the results. */
function together(bodies) {
  const greenlets = bodies.map((body) => new RawGreenlet(body));
  const results = greenlets.map(() => undefined);
  let living = [...greenlets.keys()];
  while (living.length > 0) {
    for (const k of living) {
      const value = greenlets[k].switch();
      if (greenlets[k].dead) results[k] = value;
      collect("minor");
    }
    living = living.filter((k) => !greenlets[k].dead);
    living = [...living.slice(1), ...living.slice(0, 1)];
  }
  return results;
}

function exceptions() {
  const names = Array.from({ length: scaled(12) }, (_, k) => `exception ${k}`);
  const parks = (k) => () => {
    for (let i = 0; i <= k % 3; i++) park();
  };
  const got = together(names.map((name, k) => () => addon.caught(parks(k), name)));
  same(
    got,
    names.map((name) => `${name}/${name}/0`),
    "each throws its own again",
  );
  // In a catch within a catch. One stack is in the middle of a throw, and others are not.
  const nested = together([
    () => addon.caught(() => addon.caught(() => park(), "inner"), "outer"),
    () => addon.caught(() => (park(), park()), "beside"),
    () => addon.unwinding(() => (park(), park(), park())),
    () => addon.unwinding(() => park()),
    () => addon.plain(() => (park(), 7)),
  ]);
  same(nested, ["outer/outer/0", "beside/beside/0", 1, 1, 7], "nested, and beside each other");
  // A greenlet on a used stack begins with no exceptions, whatever ran there before.
  const ended = new RawGreenlet(() => addon.caught(() => {}, "over"));
  same(ended.switch(), "over/over/0", "without a switch");
}

function handleScopes() {
  // The switch is refused and the stack goes on. Nothing is lost, and no other stack is touched.
  const refused = (error) => {
    same(error.code, "ERR_GREENLIT_INVALID_SWITCH", "refused");
    check(/handle scope/.test(error.message), error.message);
  };
  const inside = new RawGreenlet(() => {
    addon.scoped(() => refused(thrownBy(() => park(), "to leave a stack with a scope open")));
    addon.scoped(() => addon.plain(() => refused(thrownBy(() => park(), "one further in"))));
    park();
    return "went on";
  });
  inside.switch();
  same(inside.switch(), "went on", "after it was refused");

  // Starting a greenlet there would leave the stack, too. The greenlet stays new.
  let begun = 0;
  const later = new RawGreenlet(() => ++begun);
  const inUse = () => report().stacks - report().idle;
  const before = inUse();
  addon.scoped(() => refused(thrownBy(() => later.switch(), "to begin a greenlet")));
  same([begun, later.started, inUse() - before], [0, false, 0], "it has not begun");
  same(later.switch(), 1, "and can be");

  // With no open scope everything works, in any order.
  const free = together(
    Array.from({ length: scaled(8) }, (_, k) => () => [
      addon.plain(() => (park(), k)),
      addon.closed(() => (park(), park(), k)),
    ]),
  );
  same(
    free,
    free.map((_, k) => [k, k]),
    "callbacks with nothing open",
  );
  check(root().dead === false, "on the root");
}

/** The first greenlet of a thread starts in a callback. */
async function opening() {
  const { ended, output } = await child(import.meta.url, ["open"]);
  check(ended === 0 && output === "7 caught/caught/0\n", `opened in callbacks: ${ended} ${output}`);
}

/** A frame larger than the rest of its stack hits the guard, and not the next stack. */
async function frames() {
  if (!unless(report().guard === "none" && "there are no guards", "large frames")) return;
  for (const kilobytes of [1240, 1300, 1400]) {
    const { ended } = await child(import.meta.url, ["leap", `${kilobytes}`], {
      env: { GREENLIT_STACK_SIZE: `${1024 * 1024}` },
    });
    check(/^SIG(SEGV|BUS)$/.test(ended), `a frame of ${kilobytes} KB ends with ${ended}`);
  }
  const { ended, output } = await child(import.meta.url, ["leap", "900"]);
  check(ended === 0 && output === "kept 1\n", `one that fits: ${ended} ${output}`);
}

if (process.argv[2] === "open") {
  const greenlet = new RawGreenlet(() => 7);
  addon.scoped(() => {
    const error = thrownBy(() => greenlet.switch(), "to begin the first one with a scope open");
    same(error.code, "ERR_GREENLIT_INVALID_SWITCH", error.message);
    check(/handle scope/.test(error.message), error.message);
  });
  let value;
  const text = addon.caught(() => (value = greenlet.switch()), "caught");
  console.log(value, text);
}
if (process.argv[2] === "leap") {
  const neighbour = new RawGreenlet(() => {
    const kept = { text: "kept" };
    park();
    return kept.text;
  });
  neighbour.switch();
  const leaper = new RawGreenlet(() => (addon.leap(1024 * Number(process.argv[3])), 1));
  const leapt = leaper.switch();
  console.log(neighbour.switch(), leapt);
}
if (ALL) {
  exceptions();
  handleScopes();
  await opening();
  if (report().driver === "thread")
    console.log("large frames: the system's stacks have its guards");
  else await frames();
  pass(16);
}
