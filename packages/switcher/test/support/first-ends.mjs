// Many greenlets are parked, each of them in a switch to the next. Then the first one gets another
// parent, and ends. Run under --trace-deopt.
import { RawGreenlet, root } from "@greenlit/switcher";

const COUNT = 2_000;
const TURNS = 30; // until V8 has optimised what parks
function live(i) {
  const next = greenlets[i + 1] ?? root();
  for (let turn = 0; turn < TURNS; turn++) next.switch();
  greenlets[i].parent = next;
}
const greenlets = Array.from({ length: COUNT }, (_, i) => new RawGreenlet(() => live(i)));
// One turn more: in the last one all of them end.
for (let turn = 0; turn <= TURNS; turn++) greenlets[0].switch();
console.log(greenlets.filter(({ dead }) => dead).length === COUNT ? "pass" : "not all have ended");
