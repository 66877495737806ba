// WebAssembly.promising runs an export on a stack of WebAssembly's own, and V8 has one word for the
// stack that is active. A stack in the middle of such a call must not be left: a switch is refused,
// and nothing has changed. Calls that V8 suspends itself, exports that are called directly, and all
// that comes afterwards, work.
import { RawGreenlet, root } from "@greenlit/switcher";
import { check, collect, pass, same, scaled, thrownBy, unless } from "@greenlit/testing/program";
import { park } from "../support/switcher.mjs";

if (!unless(!WebAssembly.promising && "this Node has no WebAssembly.promising", "JSPI")) {
  pass(0);
  process.exit();
}

// (module (import "m" "f" (func)) (func (export "g") call 0))
const bytes = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 2, 7, 1, 1, 109, 1, 102, 0, 0, 3, 2, 1, 0, 7, 5,
  1, 1, 103, 0, 1, 10, 6, 1, 4, 0, 16, 0, 11,
];
const module = new WebAssembly.Module(new Uint8Array(bytes));
const exported = (f) => new WebAssembly.Instance(module, { m: { f } }).exports.g;
const promising = (f) => WebAssembly.promising(exported(f));

let refusals = 0;
function refused(act, what) {
  const error = thrownBy(act, what);
  same(error.code, "ERR_GREENLIT_INVALID_SWITCH", what);
  check(/WebAssembly\.promising/.test(error.message), error.message);
  refusals++;
}

// In the import; one call deeper; in an exported function that the import calls; and in a promising
// call inside a promising call.
const WAYS = {
  "an import": (act) => promising(act)(),
  "a callback in an import": (act) => promising(() => [1].forEach(act))(),
  "an export called by an import": (act) => promising(() => exported(act)())(),
  "a promising call in an import": (act) => promising(() => void promising(act)())(),
  "an import called by an export that is not promising, in one that is": (act) =>
    promising(exported(() => act()))(),
};
const greenlets = [];
for (let copy = 0; copy < scaled(10); copy++) {
  for (const [name, call] of Object.entries(WAYS)) {
    const greenlet = new RawGreenlet(() => {
      const held = { text: `held ${name} ${copy}` };
      let inside = 0;
      call(() => {
        inside++;
        refused(() => park(), `to park in ${name}`);
        refused(() => new RawGreenlet(() => {}).switch(), `to begin a greenlet in ${name}`);
      });
      park();
      // Once more, while others are parked.
      call(() => {
        inside++;
        refused(() => park(), `to park in ${name} later`);
      });
      check(inside === 2 && held.text === `held ${name} ${copy}`, "held");
      return exported(() => park())() ?? "ended";
    });
    greenlet.switch();
    greenlets.push(greenlet);
    if (copy % 3 === 0) collect("minor");
  }
}
collect();
for (const greenlet of greenlets) greenlet.switch();
collect("minor");
collect();
for (const greenlet of greenlets.toReversed()) same(greenlet.switch(), "ended", "it ends");

// On the root.
const never = new RawGreenlet(() => {});
promising(() => refused(() => never.switch(), "to leave the root in an import"))();
check(!never.started, "and it has not begun");
never.switch();
check(never.dead, "but can");

// Calls that V8 suspends itself, made on any stack.
const order = [];
const settled = Array.from({ length: scaled(20) }, (_, k) => {
  let wake;
  const gate = new Promise((resolve) => (wake = resolve));
  const f = new WebAssembly.Suspending(() => gate.then(() => void order.push(k)));
  let promise;
  new RawGreenlet(() => {
    promise = promising(f)();
    park();
  }).switch();
  return { wake, promise };
});
collect();
for (const { wake } of settled.toReversed()) wake();
await Promise.all(settled.map(({ promise }) => promise));
same(order, [...order.keys()].toReversed(), "each goes on when its promise does");

// Scavenges while they are suspended: V8 visits each of them once for every parked stack.
const many = [];
for (let round = 0; round < scaled(60); round++) {
  const wait = () => new Promise((resolve) => setTimeout(resolve, round % 7, { round }));
  const start = () => many.push(promising(new WebAssembly.Suspending(() => wait()))());
  start();
  new RawGreenlet(start).switch();
  new RawGreenlet(() => {
    start();
    collect("minor");
    park();
  }).switch();
  collect("minor");
  if (round % 10 === 9) {
    collect();
    await new Promise(setImmediate);
  }
}
await Promise.all(many);
check(many.length >= 12, "all are settled");

// An import may recurse as deep as its stack allows, and no deeper.
const deep = new RawGreenlet(() => {
  let caught;
  promising(() => {
    const dive = () => dive() + 1;
    try {
      dive();
    } catch (error) {
      caught = error;
    }
  })();
  return caught instanceof RangeError;
});
check(deep.switch(), "a RangeError at the end of the stack");
// The promise rejects with what an import throws.
const failing = new RawGreenlet(() =>
  promising(() => {
    throw new TypeError("of the import");
  })(),
);
same(await failing.switch().catch((error) => error.message), "of the import", "its error");
check(root().dead === false && refusals >= 3 * greenlets.length, "refused every time");
pass(5 * greenlets.length);
