// error.stack shows the greenlet's own frames and ends where the greenlet starts. Capturing a stack
// is safe on any stack, also when the code that formats it switches.
import { RawGreenlet } from "@greenlit/switcher";
import { check, collect, pass, thrownBy } from "@greenlit/testing/program";
import { park } from "../support/switcher.mjs";

const names = (stack) =>
  [...stack.matchAll(/^\s+at (?:async )?([\w.$<>]+)/gm)].map(([, name]) => name);

function innermost() {
  park(new Error("made inside").stack);
  return new Error("made later").stack;
}
function middle() {
  return [1].map(() => innermost())[0];
}
function body() {
  return middle();
}
function starter(greenlet) {
  return greenlet.switch();
}

const greenlet = new RawGreenlet(body);
const made = names(starter(greenlet));
check(
  made[0] === "innermost" && made.includes("middle") && made.includes("body"),
  `its own frames: ${made}`,
);
check(!made.includes("starter"), "not those of who switched to it");
collect();
const later = names(
  (function resumer() {
    return greenlet.switch();
  })(),
);
check(
  later.includes("body") && !later.includes("resumer"),
  `the same after a resumption: ${later}`,
);

// Errors keep their stack when they travel to the parent.
const failing = new RawGreenlet(function failingBody() {
  null.property;
});
const error = thrownBy(() => starter(failing), "the greenlet");
check(error instanceof TypeError && names(error.stack).includes("failingBody"), error.stack);

// Error.captureStackTrace, stackTraceLimit, and many frames.
const deep = new RawGreenlet(function deepBody(n) {
  return n > 0 ? deepBody(n - 1) : Error.captureStackTrace(holder);
});
const holder = {};
Error.stackTraceLimit = 150;
deep.switch(200);
Error.stackTraceLimit = 10;
check(names(holder.stack).length === 150, "as many frames as asked for");

// A prepareStackTrace that switches. When it is no longer set, others get V8's own format.
const format = Error.prepareStackTrace;
let calls = 0;
Error.prepareStackTrace = (e, sites) => {
  calls++;
  return park(`${e.message} in ${sites[0].getFunctionName()}`);
};
const formatting = new RawGreenlet(function formatted() {
  return new Error("custom").stack;
});
const text = formatting.switch();
Error.prepareStackTrace = format;
check(text === "custom in formatted" && calls === 1, text);
collect("minor");
const other = new RawGreenlet(function other() {
  return new Error("plain").stack;
}).switch();
check(other.startsWith("Error: plain\n    at other"), other);
check(formatting.switch("formatted text") === "formatted text", "what it returned");

// Two thousand errors, each on a stack of its own.
const crowd = Array.from(
  { length: 2000 },
  (_, i) => new RawGreenlet(() => park(new Error(`${i}`))),
);
const errors = crowd.map((one) => one.switch());
collect();
check(
  errors.every((e, i) => e.stack.startsWith(`Error: ${i}\n    at `)),
  "all stacks",
);
pass(10);
