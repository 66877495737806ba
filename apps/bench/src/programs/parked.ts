// Parks N greenlets; prints what each holds in KB, and milliseconds of collections meanwhile.
import { Event, joinAll, run, sleep, spawn } from "greenlit";

const n = Number(process.argv[2]);
const samples = n > 10_000 ? 3 : 7;

type Kind = "minor" | "full";

/** Milliseconds. Not `gc({ type: "major" })`: Node 20 takes that for a minor one. */
function collect(kind: Kind): number {
  const start = performance.now();
  if (kind === "minor") globalThis.gc?.({ type: "minor" });
  else globalThis.gc?.();
  return performance.now() - start;
}

await run(() => {
  joinAll([spawn(() => sleep(1))]); // what is made once is no part of a greenlet
  collect("full");
  const before = process.memoryUsage.rss();
  const gate = new Event();
  let parked = 0;
  let open = true;
  const greenlets = Array.from({ length: n }, () =>
    spawn(() => {
      while (open) {
        parked++;
        gate.wait();
      }
    }),
  );
  const settle = (): void => {
    while (parked < n) sleep(0);
  };
  settle();
  collect("full");
  const resident = process.memoryUsage.rss() - before;

  // The fastest is the one that no other process came between.
  const measure = (kind: Kind, prepare?: () => void): number => {
    let fastest = Infinity;
    for (let i = 0; i < samples; i++) {
      prepare?.();
      fastest = Math.min(fastest, collect(kind));
    }
    return fastest;
  };
  const lately = measure("minor", () => {
    parked = 0;
    gate.set();
    gate.clear();
    settle();
  });
  // What has not run for three scavenges refers to nothing young.
  for (let i = 0; i < 4; i++) collect("minor");
  const result = {
    [`lately${n}`]: lately,
    [`idle${n}`]: measure("minor"),
    [`full${n}`]: measure("full"),
    ...(n > 0 && { [`memory${n}`]: resident / 1024 / n }),
  };
  console.log(JSON.stringify(result));
  open = false;
  gate.set();
  joinAll(greenlets);
});
