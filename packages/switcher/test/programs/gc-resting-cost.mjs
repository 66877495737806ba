// What a scavenge costs with many parked greenlets: nearly nothing when they have not run lately.
// GREENLIT_GC_SKIP=0 turns that off. It is off, too, where V8 collects in a way for which it is not
// proved.
import { execFileSync } from "node:child_process";
import { RawGreenlet, report } from "@greenlit/switcher";
import { check, collect, pass, scaled } from "@greenlit/testing/program";
import { park } from "../support/switcher.mjs";

const COUNT = scaled(10_000);

function measure() {
  function hold(level) {
    const mine = { level, text: `${level} deep` };
    if (level > 0) hold(level - 1);
    else park();
    if (mine.text !== `${level} deep`) throw new Error("content is lost");
  }
  const greenlets = Array.from({ length: COUNT }, () => {
    const greenlet = new RawGreenlet(() => hold(8));
    greenlet.switch();
    return greenlet;
  });
  for (let i = 0; i < 6; i++) collect("minor");
  const times = Array.from({ length: 9 }, () => {
    const start = performance.now();
    collect("minor");
    return performance.now() - start;
  });
  const { skipsResting, resting } = report();
  for (const greenlet of greenlets) greenlet.switch();
  // The shortest time is the one that nothing disturbed.
  return { ms: Math.min(...times), skipsResting, resting };
}

if (process.argv[2] === "measure") {
  console.log(JSON.stringify(measure()));
} else {
  const run = (env, flags = []) =>
    JSON.parse(
      execFileSync(process.execPath, [...process.execArgv, ...flags, process.argv[1], "measure"], {
        env: { ...process.env, ...env },
      }),
    );
  const on = run({});
  const off = run({ GREENLIT_GC_SKIP: "0" });
  console.log(
    `${COUNT} parked: ${on.ms.toFixed(2)} ms a scavenge, visiting all ${off.ms.toFixed(2)}`,
  );
  check(!off.skipsResting && off.resting === 0, "GREENLIT_GC_SKIP=0 visits all");
  const unproved = run({ GREENLIT_SWITCHER_SABOTAGE: "promotion" });
  check(!unproved.skipsResting && unproved.resting === 0, "what is not proved is not used");
  if (report().driver !== "direct") {
    console.log(`with ${report().driver} the list of threads is V8's alone: scavenges visit all`);
    check(!on.skipsResting && on.resting === 0, "nobody rests");
  } else if (process.execArgv.join() === "--expose-gc") {
    check(on.resting >= COUNT, `${on.resting} of ${COUNT} rest`);
    check(on.ms * 5 < off.ms, "a scavenge costs a small part of what it did");
  }
  // V8's other collector of young objects, if this V8 has it.
  const [major] = process.versions.node.split(".").map(Number);
  const other = run({}, [major >= 22 ? "--minor-ms" : "--minor-mc"]);
  check(other.resting === 0, "nobody rests under another collector");
  pass(3);
}
