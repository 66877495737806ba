// Error.prepareStackTrace may block. V8 has one flag that says that it runs, and then does not
// format other errors with it. Each stack must have its own flag. Otherwise the errors of other
// greenlets would not be formatted meanwhile; and never again, if the wrong stack cleared the flag.
import { RawGreenlet } from "@greenlit/switcher";
import { check, collect, pass, same, scaled } from "@greenlit/testing/program";
import { park } from "../support/switcher.mjs";

let calls = 0;
let inside = 0;
Error.prepareStackTrace = (error, frames) => {
  calls++;
  inside++;
  // An error that is made in here is not formatted by this function, on any stack.
  const own = new Error("in the middle").stack;
  check(
    typeof own === "string" && own.startsWith("Error: in the middle"),
    `formatted by V8: ${own}`,
  );
  if (error.parks) {
    park();
    check(new Error("still in the middle").stack.startsWith("Error: still"), "after it went on");
    park();
  }
  inside--;
  return `${error.message} at ${frames.length > 0}`;
};

function made(message, parks) {
  const error = new Error(message);
  error.parks = parks;
  return error.stack;
}

const greenlets = Array.from(
  { length: scaled(20) },
  (_, k) => new RawGreenlet(() => made(`greenlet ${k}`, true)),
);
const stacks = [];
for (let turn = 0; turn < 3; turn++) {
  // The first one in is the last one out.
  if (turn === 2) greenlets.reverse();
  for (const greenlet of greenlets) {
    const value = greenlet.switch();
    if (greenlet.dead) stacks.push(value);
    same(
      made("on the root", false),
      "on the root at true",
      "the root's errors are formatted as ever",
    );
    const beside = new RawGreenlet(() => made("beside", false));
    same(beside.switch(), "beside at true", "another greenlet's, too");
  }
  collect(turn === 1 ? "major" : "minor");
}
same(
  stacks,
  greenlets.map((_, k) => `greenlet ${greenlets.length - 1 - k} at true`),
  "and theirs in the end",
);
check(inside === 0 && calls > 2 * greenlets.length, "every one has come to its end");
// A greenlet that never goes on again leaves nothing behind.
new RawGreenlet(() => made("for ever", true)).switch();
same(made("later", false), "later at true", "beside one that stays in there");
pass(5 * greenlets.length);
