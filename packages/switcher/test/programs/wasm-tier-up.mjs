// V8 throws unoptimised wasm code away when there is enough of it. It cannot do so while any thread
// is archived: it aborts. Here 400 functions of 1 KB get hot enough to be compiled twice, while
// greenlets are parked, one of them inside wasm.
import { RawGreenlet } from "@greenlit/switcher";
import { check, collect, pass, same, scaled } from "@greenlit/testing/program";
import { park } from "../support/switcher.mjs";

const FUNCTIONS = 400;
const TERMS = 300;

const leb = (n) => (n < 128 ? [n] : [(n & 127) | 128, ...leb(n >> 7)]);
const vector = (items) => [...leb(items.length), ...items.flat()];
const section = (id, bytes) => [id, ...leb(bytes.length), ...bytes];
const name = (text) => vector([...Buffer.from(text)].map((byte) => [byte]));

// f<i>(n) = n + 0 + 1 + ... ; function 0 is imported and called by `parks`.
const I32_TO_I32 = [0x60, 1, 0x7f, 1, 0x7f];
const terms = Array.from({ length: TERMS }, (_, i) => [
  0x20,
  0,
  0x41,
  i % 60,
  0x6a,
  0x21,
  0,
]).flat();
const plain = [0, ...terms, 0x20, 0, 0x0b];
const parks = [0, 0x20, 0, 0x10, 0, 0x41, 1, 0x6a, 0x0b];
const bodies = [...Array.from({ length: FUNCTIONS }, () => plain), parks].map((body) => [
  ...leb(body.length),
  ...body,
]);
const exported = bodies.map((_, i) => [
  ...name(i === FUNCTIONS ? "parks" : `f${i}`),
  0,
  ...leb(i + 1),
]);
const { exports } = new WebAssembly.Instance(
  new WebAssembly.Module(
    Uint8Array.from([
      0,
      97,
      115,
      109,
      1,
      0,
      0,
      0,
      ...section(1, vector([I32_TO_I32])),
      ...section(2, vector([[...name("e"), ...name("park"), 0, 0]])),
      ...section(3, vector(bodies.map(() => [0]))),
      ...section(7, vector(exported)),
      ...section(10, vector(bodies)),
    ]),
  ),
  { e: { park: (n) => park(n) } },
);
const added = Array.from({ length: TERMS }, (_, i) => i % 60).reduce((a, b) => a + b);

const inWasm = new RawGreenlet((n) => exports.parks(n));
check(inWasm.switch(41) === 41, "parked inside wasm");
const parked = Array.from(
  { length: scaled(50) },
  () => new RawGreenlet(() => park({ young: "kept" }).young),
);
const boxes = parked.map((greenlet) => greenlet.switch());

// Timers call from a greenlet and from the root in turn, so that the compiler's threads can finish
// in between.
const hot = (from) => {
  let wrong = 0;
  for (let i = from; i < from + 40; i++) {
    const fn = exports[`f${i % FUNCTIONS}`];
    for (let n = 0; n < scaled(5000); n++) if (fn(n) !== n + added) wrong++;
  }
  return wrong;
};
let turn = 0;
const timer = setInterval(() => {
  const from = turn * 40;
  same(
    turn % 2 === 0 ? hot(from) : new RawGreenlet(() => hot(from)).switch(),
    0,
    "results of wasm",
  );
  if (turn % 10 === 9) collect();
  if (++turn < 60) return;
  clearInterval(timer);
  check(inWasm.switch(1) === 2, "a wasm frame that was parked all the time");
  parked.forEach((greenlet, i) => same(greenlet.switch(boxes[i]), "kept", "a parked greenlet"));
  pass(60);
}, 1);
