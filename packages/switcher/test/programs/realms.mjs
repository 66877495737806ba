// The switcher in several realms of one thread (vm contexts, as test runners make them), with one
// native part for all. All realms share the running greenlet and the stacks. A greenlet of one
// realm may switch to one of another realm, start inside it, and end in it, whichever realm opened
// the driver first.
import { check, child, collect, pass, same, scaled, thrownBy } from "@greenlit/testing/program";
import { hasRealms, inNewRealm, REALM_FLAG } from "../support/realms.mjs";

const INDEX = import.meta.resolve("@greenlit/switcher");

async function together() {
  const realms = [];
  for (let i = 0; i < 3; i++) realms.push(await inNewRealm(INDEX));
  realms.push(await import(INDEX));
  const [a, b, c] = realms;
  check(
    new Set(realms.map(({ RawGreenlet }) => RawGreenlet)).size === realms.length,
    "several copies",
  );
  check(
    realms.every((realm) => realm.root() === a.root() && realm.current() === a.root()),
    "one root",
  );

  // Realm b opens the driver while nothing runs. Then each realm starts greenlets inside those of
  // the
  // others.
  const log = [];
  const inner = new b.RawGreenlet(() => {
    log.push("inner");
    a.root().switch("from inner");
    log.push("inner went on");
    return "inner's";
  });
  const outer = new a.RawGreenlet(() => {
    const kept = { text: "kept" };
    check(c.current() === outer && b.current() === outer, "the others see who runs");
    inner.switch();
    log.push(kept.text);
    a.root().switch("outer is back");
    return 7;
  });
  same(outer.switch(), "from inner", "straight to the root");
  same(b.report().driver, a.report().driver, "one driver");
  collect("minor");
  collect();
  // inner started in outer, but it was made on the root: so the root is its parent.
  same([inner.switch(), inner.dead], ["inner's", true], "it ends");
  same(outer.switch(), "outer is back", "outer goes on");
  same(outer.switch(), 7, "and ends");
  same(log, ["inner", "inner went on", "kept"], "in order");

  // Errors and ends cross realms, too.
  const killed = new a.RawGreenlet(() => {
    try {
      b.root().switch();
    } catch (error) {
      log.push(error.code);
      throw error;
    }
  });
  killed.switch();
  killed.throw(new b.GreenletExit("of another realm"));
  check(killed.dead && log.at(-1) === "ERR_GREENLIT_EXIT", "an exit of another realm is one");
  const failing = new c.RawGreenlet(() => {
    throw new RangeError("crosses");
  });
  same(thrownBy(() => failing.switch(), "a failure").message, "crosses", "its error");

  // Many greenlets at random points of their lives, across collections.
  const all = Array.from({ length: scaled(200) }, (_, k) => {
    const { RawGreenlet, root } = realms[k % realms.length];
    const greenlet = new RawGreenlet(() => {
      const kept = { k, list: [k, `${k}`] };
      for (let turn = 0; turn < 3; turn++) root().switch();
      check(kept.list[1] === `${k}`, `what ${k} keeps`);
      return k;
    });
    return greenlet;
  });
  for (let turn = 0; turn < 4; turn++) {
    for (const [k, greenlet] of all.entries()) {
      const value = greenlet.switch();
      if (turn === 3) same(value, k, "each ends with its own");
    }
    collect(turn % 2 === 0 ? "minor" : "major");
  }
  // A realm that is made later shares the same state.
  const late = await inNewRealm(INDEX);
  same(new late.RawGreenlet(() => late.current() === a.current()).switch(), true, "a late one");
  same(late.report().stacks, a.report().stacks, "with the same stacks");
  // A test runner drops its realms at the end.
  realms.length = 0;
  collect();
  same(new late.RawGreenlet(() => 1).switch(), 1, "after others are gone");
  console.log("fine");
}

if (hasRealms) {
  await together();
} else {
  const { ended, output, errors } = await child(import.meta.url, [], { flags: [REALM_FLAG] });
  check(ended === 0 && output === "fine\n", `${ended} ${output} ${errors}`);
  pass(1);
}
