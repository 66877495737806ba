// Several greenlets load modules whose top level blocks. None of them sees half a module, except in
// a ring, where Node shows half, too. No ring of any kind is a deadlock. What cannot wait gets an
// error that says why.
import {
  Event,
  formatDump,
  getHub,
  joinAll,
  noSwitch,
  run,
  sleep,
  spawn,
  wait,
  withTimeout,
} from "@greenlit/core";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import Module, { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { check, matches, pass, same, scaled, thrownBy } from "@greenlit/testing/program";

const folder = mkdtempSync(join(tmpdir(), "greenlit-import-lock-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const require = createRequire(join(folder, "main.js"));

/** What the modules use: they import nothing. */
const test = (globalThis.test = { sleep, spawn, joinAll, wait, Event, evaluated: {}, gates: {} });
const write = (name, text) =>
  writeFileSync(
    join(folder, name),
    `test.evaluated["${name}"] = (test.evaluated["${name}"] ?? 0) + 1;\n${text}`,
  );
const fileURL = (name) => pathToFileURL(join(folder, name)).href;
const load = (name) => require(`./${name}`);
const bring = (name) => wait(import(fileURL(name)));
/** Until Node has nothing left to do for an `import()` of it. */
const brought = (name) => {
  let ended = false;
  const end = () => (ended = true);
  import(fileURL(name)).then(end, end);
  while (!ended) sleep(1);
};

/** Blocks in the middle of its top level until `open(name)`. */
const gate = (name) => `(test.gates["${name}"] = new test.Event()).wait();\n`;
const open = (name) => test.gates[name].set();
const slow = (name) =>
  write(
    name,
    name.endsWith(".mjs")
      ? `export const first = 1; ${gate(name)} export const last = 2;`
      : `exports.first = 1; ${gate(name)} exports.last = 2;`,
  );

/**
 * A greenlet that is in the middle of loading a slow module, by itself or by way of another one.
 */
const loader = (name, by = name) => {
  const greenlet = spawn(load, by);
  greenlet.name = "loader";
  while (test.gates[name] === undefined) sleep(0);
  return greenlet;
};
const parked = (greenlet) => {
  while (greenlet.state !== "parked") {
    if (greenlet.dead)
      throw new Error(`${greenlet.name} did not wait`, { cause: greenlet.exception });
    sleep(0);
  }
  return greenlet;
};
const whole = ({ first, last }, what) => same([first, last], [1, 2], what);

const WAYS = {
  "others wait for the whole"() {
    for (const name of ["whole.cjs", "whole.mjs"]) {
      slow(name);
      const first = loader(name);
      const others = Array.from({ length: 3 }, () => parked(spawn(load, name)));
      matches(
        formatDump(),
        /require of ".\/whole.[cm]js", which loader is still loading for/,
        "dump()",
      );
      open(name);
      for (const one of [first, ...others]) whole(one.get(), name);
      same(test.evaluated[name], 1, "evaluated once");
      check(getHub().loads.size === 0, "nothing is left");
    }
  },
  "a ring of one greenlet shows half, as in Node"() {
    write(
      "ring1.cjs",
      "exports.begun = true; exports.other = require('./ring2.cjs'); test.sleep(1); exports.done = true;",
    );
    write(
      "ring2.cjs",
      "const { begun, done } = require('./ring1.cjs'); test.sleep(1); exports.saw = [begun, done];",
    );
    same(load("ring1.cjs").other.saw, [true, undefined], "what it saw");
  },
  "greenlets in a ring with each other"() {
    for (const length of [2, 3, 5]) {
      const name = (i) => `ring-${length}-${i % length}.cjs`;
      for (let i = 0; i < length; i++) {
        write(
          name(i),
          `exports.half = true; test.sleep(2); exports.next = require('./${name(i + 1)}'); exports.whole = true;`,
        );
      }
      const all = Array.from({ length }, (_, i) => spawn(load, name(i)));
      for (const one of all) same(one.get().whole, true, `ring of ${length}`);
      for (let i = 0; i < length; i++) same(test.evaluated[name(i)], 1, name(i));
    }
  },
  "a ring that goes on by join"() {
    write(
      "joins.cjs",
      `exports.half = true;
       const seen = [1, 2, 3].map(() => test.spawn(() => { test.sleep(1); return require('./joins.cjs').half; }));
       exports.seen = test.joinAll(seen).map((one) => one.get());`,
    );
    same(load("joins.cjs").seen, [true, true, true], "what the joined ones saw");
  },
  "a ring that nobody can see"() {
    write(
      "unseen.cjs",
      `exports.half = true; const done = new test.Event();
       test.spawn(() => { exports.seen = require('./unseen.cjs').half; done.set(); }); done.wait();`,
    );
    same(load("unseen.cjs").seen, true, "what it saw when nothing else was left");
  },
  "after a failed load the next one tries again"() {
    write(
      "fails.cjs",
      `test.sleep(1); if (test.evaluated["fails.cjs"] < 3) throw new Error("not yet"); exports.well = true;`,
    );
    const all = Array.from({ length: 4 }, () => spawn(load, "fails.cjs"));
    joinAll(all);
    // Which of those that wait is the next to load depends on the clock.
    same(
      all.map(({ exception }) => exception?.message ?? "well").sort(),
      ["not yet", "not yet", "well", "well"],
      "outcomes",
    );
    same(test.evaluated["fails.cjs"], 3, "times");
  },
  "the one that loads is killed"() {
    slow("killed.cjs");
    const first = loader("killed.cjs");
    const second = parked(spawn(load, "killed.cjs"));
    delete test.gates["killed.cjs"];
    first.kill();
    while (test.gates["killed.cjs"] === undefined) sleep(0);
    open("killed.cjs");
    whole(second.get(), "the second one has loaded it");

    slow("killed.mjs");
    loader("killed.mjs").kill();
    for (const fn of [load, bring]) {
      const error = thrownBy(() => fn("killed.mjs"), "what cannot be evaluated again");
      same(error.code, "ERR_GREENLIT_LOAD_KILLED", String(error));
    }
  },
  "the one that waits is killed, or its time is up"() {
    slow("left.cjs");
    const first = loader("left.cjs");
    const second = parked(spawn(load, "left.cjs"));
    second.kill();
    same(
      withTimeout(1, () => load("left.cjs"), "timeout"),
      "timeout",
      "its time is up",
    );
    open("left.cjs");
    whole(first.get(), "the first one");
    whole(load("left.cjs"), "later");
  },
  "where nothing can wait"() {
    slow("hub.cjs");
    const first = loader("hub.cjs");
    const { code, message } = wait(
      new Promise((resolve) =>
        setImmediate(() => resolve(thrownBy(() => load("hub.cjs"), "on the hub"))),
      ),
    );
    same(code, "ERR_GREENLIT_BLOCKING_SWITCH_OUT", message);
    matches(
      message,
      /^require of ".\/hub.cjs", which loader is still loading, cannot block here: .* on the hub/,
      "why",
    );
    matches(
      thrownBy(() => noSwitch(() => load("hub.cjs")), "noSwitch").message,
      /would switch/,
      "noSwitch",
    );
    open("hub.cjs");
    whole(first.get(), "the first one");
  },
  "the main module has no lock"() {
    slow("main.cjs");
    const main = spawn(() => Module._load(join(folder, "main.cjs"), null, true));
    while (test.gates["main.cjs"] === undefined) sleep(0);
    same(load("main.cjs").last, undefined, "half of it");
    open("main.cjs");
    whole(main.get(), "all of it");
  },
  "ES modules that import one which is half done"() {
    slow("deep.mjs");
    write("by-1.mjs", "export * from './deep.mjs'");
    write("by-2.mjs", "import './by-1.mjs'; export * from './deep.mjs'");
    const first = loader("deep.mjs", "by-1.mjs");
    const others = ["deep.mjs", "by-1.mjs", "by-2.mjs"].map((name) => parked(spawn(load, name)));
    open("deep.mjs");
    for (const one of [first, ...others]) whole(one.get(), "by require");
  },
  "import() of one that is half done"() {
    for (const [name, by] of [
      ["direct.mjs", "direct.mjs"],
      ["below.mjs", "above.mjs"],
      ["plain.cjs", "above-plain.mjs"],
    ]) {
      slow(name);
      if (by !== name) write(by, `export * from './${name}'`);
      const first = loader(name, by);
      for (const one of [name, by]) brought(one);
      const others = [name, by].map((one) => parked(spawn(bring, one)));
      sleep(1);
      for (const one of others) check(!one.dead, `${one.name} waits, by ${by}`);
      open(name);
      for (const one of [first, ...others]) whole(one.get(), `${name} by ${by}`);
    }
  },
  "import() of one that has nothing to do with what is half done"() {
    slow("apart.mjs");
    write("nothing.mjs", "export default undefined;");
    const first = loader("apart.mjs");
    // While somebody works, no call has to give up.
    const busy = spawn(() => {
      for (;;) sleep(1);
    });
    same(bring("nothing.mjs").default, undefined, "its value, before the other one has ended");
    busy.kill();
    open("apart.mjs");
    whole(first.get(), "the first one");
  },
  "import() of one that needs what is half done"() {
    slow("needed.mjs");
    write("needs.mjs", "import { last } from './needed.mjs'; export const twice = 2 * last;");
    const first = loader("needed.mjs");
    const { stack } = thrownBy(() => bring("needs.mjs"), "V8 tells it");
    matches(stack, /half loaded at the time --\n.*needed.mjs \(by loader\)/, "and the stack why");
    open("needed.mjs");
    whole(first.get(), "the first one");
  },
  "what V8 would evaluate twice, and end the process"() {
    write("bad.mjs", "throw new Error('bad')");
    slow("again.mjs");
    write("bad-first.mjs", "import './bad.mjs'; import './again.mjs';");
    same(thrownBy(() => bring("bad-first.mjs"), "bad").message, "bad", "linked, and not evaluated");
    const first = loader("again.mjs");
    same(
      thrownBy(() => bring("again.mjs"), "twice").code,
      "ERR_GREENLIT_HALF_EVALUATED",
      "refused",
    );
    open("again.mjs");
    whole(first.get(), "the first one");
    whole(bring("again.mjs"), "later");

    slow("common.cjs");
    write("one.mjs", "export * from './common.cjs'");
    write("two.mjs", "export * from './common.cjs'");
    const one = loader("common.cjs", "one.mjs");
    const { code, message } = thrownBy(() => bring("two.mjs"), "twice");
    same(code, "ERR_GREENLIT_HALF_EVALUATED", message);
    matches(
      message,
      /cannot import .*two.mjs now: .*common.cjs, which it imports.* require\(\) it/,
      "what to do",
    );
    const two = parked(spawn(load, "two.mjs"));
    open("common.cjs");
    for (const each of [one.get(), two.get(), bring("two.mjs")]) whole(each, "later");
  },
  "import() of what a require is loading"() {
    slow("required.cjs");
    write("above-required.mjs", "export * from './required.cjs'");
    const first = loader("required.cjs");
    for (const name of ["required.cjs", "above-required.mjs"]) {
      const { code, message } = thrownBy(() => bring(name), "now");
      same(code, "ERR_GREENLIT_HALF_EVALUATED", message);
    }
    const above = parked(spawn(load, "above-required.mjs"));
    open("required.cjs");
    for (const each of [first.get(), above.get(), bring("required.cjs")]) whole(each, "later");
    whole(bring("above-required.mjs"), "later");
  },
  "rings at random"() {
    let seed = 7;
    const below = (n) => (seed = (seed * 48_271) % 2_147_483_647) % n;
    const COUNT = 6;
    for (let round = 0; round < scaled(40); round++) {
      const kind = round % 2 ? "cjs" : "mjs";
      const name = (i) => `r${round}-${i}.${kind}`;
      for (let i = 0; i < COUNT; i++) {
        const imports = Array.from({ length: below(3) }, () => name(below(COUNT)));
        const lines = imports.map((one) =>
          kind === "cjs" ? `require('./${one}');` : `import './${one}';`,
        );
        const body = below(3) ? `test.sleep(${below(3)});` : "";
        write(
          name(i),
          `${lines.join("\n")}\n${body} ${kind === "cjs" ? "exports." : "export const "}value = ${i};`,
        );
      }
      const all = Array.from({ length: 6 }, () => {
        const order = Array.from({ length: 3 }, () => below(COUNT));
        return spawn(() => order.map((i) => [load(name(i)).value, i]));
      });
      for (const one of all) for (const [value, i] of one.get()) same(value, i, name(i));
      for (let i = 0; i < COUNT; i++)
        check((test.evaluated[name(i)] ?? 0) <= 1, `${name(i)}: twice`);
    }
  },
};

for (const [name, fn] of Object.entries(WAYS)) {
  await run(fn).catch((error) => {
    throw new Error(name, { cause: error });
  });
}
pass(150);
