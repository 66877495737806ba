// A timeout of vm stops code that runs in a greenlet, and the greenlet goes on with the error. It
// also stops code on the root that waits for a greenlet; that greenlet is dead then. Afterwards the
// right greenlet is current.
import { RawGreenlet, current, root } from "@greenlit/switcher";
import vm from "node:vm";
import { check, collect, pass, same, thrownBy } from "@greenlit/testing/program";
import { park } from "../support/switcher.mjs";

const CODE = "ERR_SCRIPT_EXECUTION_TIMEOUT";
const FOREVER = "for (;;);";
const parked = new RawGreenlet((v) => {
  for (;;) v = park(v + 1);
});
parked.switch(0);

for (let round = 0; round < 3; round++) {
  // All of it inside one greenlet.
  const inside = new RawGreenlet(() => {
    const error = thrownBy(() => vm.runInThisContext(FOREVER, { timeout: 20 }), "in this context");
    park(error.code);
    return thrownBy(() => vm.runInNewContext(FOREVER, {}, { timeout: 20 }), "in a new one").code;
  });
  same(inside.switch(), CODE, "the first");
  same(inside.switch(), CODE, "the second");

  // Code that runs under a timeout switches away, and comes back in time.
  const timed = new RawGreenlet(() =>
    vm.runInNewContext("f() + f()", { f: () => park(1) }, { timeout: 5000 }),
  );
  timed.switch();
  timed.switch(20);
  same(timed.switch(22), 42, "switches under a timeout");

  // The timeout belongs to the root, the loop runs in a greenlet; on a slow machine the time may be
  // up before the loop begins.
  let endless;
  for (let timeout = 20; !endless?.started; timeout *= 2) {
    check(!endless?.dead, "a greenlet that was not reached stays new");
    endless = new RawGreenlet(() => {
      try {
        for (;;);
      } finally {
        check(false, "no finally on termination");
      }
    });
    const onRoot = thrownBy(
      () => vm.runInNewContext("go()", { go: () => endless.switch() }, { timeout }),
      "the root's",
    );
    same(onRoot.code, CODE, "the root's");
  }
  check(current() === root(), "the root runs, and knows it");
  check(endless.dead, "the greenlet that was terminated is dead");

  // Its stack can be used again.
  same(new RawGreenlet((n) => n + park()).switch(1), undefined, "a greenlet after that");
  same(parked.switch(round), round + 1, "a parked one");
  collect(round % 2 === 0 ? "minor" : "major");
}
pass(33);
