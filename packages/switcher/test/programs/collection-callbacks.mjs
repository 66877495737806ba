// Addons may be called around scavenges, and may start collections then, by allocating or by
// asking. V8 announces such a collection to no one, and it must see also the stacks that scavenges
// leave out. Checked for addons that came before the switcher and after it, and that are called
// before a scavenge and after it. The stores of AsyncLocalStorage must survive, too.
import { AsyncLocalStorage } from "node:async_hooks";
import { check, child, collect, pass, same, scaled, unless } from "@greenlit/testing/program";
import { loadAddon, noAddon } from "../support/addon.mjs";

const [when] = process.argv.slice(2);
const WAYS = ["prologue-first", "prologue-last", "epilogue-first", "epilogue-last", "removed"];

async function collectInside() {
  const addon = loadAddon("collection_callbacks");
  if (when === "prologue-first") addon.before();
  if (when === "epilogue-first") addon.after();
  if (when === "removed") (addon.before(), addon.after());
  const { RawGreenlet, report } = await import("@greenlit/switcher");
  const { park } = await import("../support/switcher.mjs");

  const storage = new AsyncLocalStorage();
  const make = (k, i) => ({ i, text: `of ${k} and ${i}`, list: [k, [i]] });
  const greenlets = Array.from({ length: scaled(400) }, (_, k) => {
    const greenlet = new RawGreenlet(() => {
      const kept = Array.from({ length: 20 }, (_, i) => make(k, i));
      do for (let i = 0; i < 20; i++) same(kept[i], make(k, i), `what ${k} keeps`);
      while (park() !== "end");
      return k;
    });
    greenlet.switch();
    return greenlet;
  });
  const rest = () => {
    for (let i = 0; i < 6; i++) collect("minor");
  };
  rest();
  const rested = report().resting;
  if (when === "prologue-last") addon.before();
  if (when === "epilogue-last") addon.after();

  let removed = false;
  for (const how of [1, 2, 1, 2]) {
    storage.run({ secret: how }, () => {
      addon.arm(how);
      for (let i = 0; i < 3; i++) collect("minor");
      addon.arm(0);
      same(storage.getStore(), { secret: how }, "the store");
    });
    const junk = [];
    for (let i = 0; i < scaled(100_000); i++) junk.push({ i, text: `junk ${i}` });
    collect();
    greenlets[how].switch();
    // When a callback is removed, V8 puts the last one in its place.
    if (when === "removed" && how === 1 && !removed) {
      addon.remove();
      removed = true;
    }
  }
  const noScavenges =
    process.execArgv.includes("--stress-compaction") &&
    "V8 makes full collections of all scavenges";
  if (unless(noScavenges, "collecting inside")) check(addon.arm(0) > 0, "it has collected inside");
  rest();
  // When the next stack is left, the order is restored: then stacks rest again.
  if (rested > 0)
    check(report().resting > rested / 2, `${report().resting} rest, as ${rested} did`);
  for (const [k, greenlet] of greenlets.entries()) same(greenlet.switch("end"), k, "it ends");
  console.log("intact");
}

if (when !== undefined) {
  await collectInside();
} else {
  let made = 0;
  if (unless(noAddon, "an addon's callbacks")) {
    loadAddon("collection_callbacks");
    for (const way of WAYS) {
      const { ended, output, errors } = await child(import.meta.url, [way]);
      check(ended === 0 && output.endsWith("intact\n"), `${way}: ${ended} ${output} ${errors}`);
      made++;
    }
  }
  pass(made);
}
