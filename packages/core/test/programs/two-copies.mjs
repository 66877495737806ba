// Two copies of the package in one process, as npm may install them, share one hub: a greenlet of
// one waits for what the other wakes, and ids stay unique. `instanceof` of one knows the errors of
// the other.
import * as a from "@greenlit/core";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { check, pass, same, thrownBy } from "@greenlit/testing/program";

const folder = mkdtempSync(join(tmpdir(), "two-copies-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

/** Installs a copy of a package, which shares or copies what it depends on. */
function install(name, parts, dependencies) {
  const at = join(folder, name);
  for (const part of parts)
    cpSync(path(`../../../${name}/${part}`), join(at, part), { recursive: true });
  for (const [dependency, target] of Object.entries(dependencies)) {
    const link = join(at, "node_modules", dependency);
    mkdirSync(join(link, ".."), { recursive: true });
    symlinkSync(target, link, "dir");
  }
  return at;
}

const switcher = install("switcher", ["dist", "package.json", "prebuilds"], {
  "node-gyp-build": path("../../../../node_modules/node-gyp-build"),
});
const core = install("core", ["dist", "package.json"], { "@greenlit/switcher": switcher });
const b = await import(pathToFileURL(join(core, "dist/index.js")).href);

check(
  a.spawn !== b.spawn && a.Greenlet !== b.Greenlet && a.GreenlitError !== b.GreenlitError,
  "two copies",
);
check(a.getHub() === b.getHub(), "one hub");

await a.run(() => {
  check(b.getCurrent() === a.getCurrent() && b.getCurrent() !== null, "one current greenlet");
  const event = new b.Event();
  const order = [];
  const waiting = a.spawn(() => {
    event.wait();
    order.push("a");
  });
  const setting = b.spawn(() => {
    b.sleep(1);
    event.set();
    order.push("b");
  });
  b.joinAll([waiting, setting]);
  same(order, ["b", "a"], "woken across copies");

  const all = Array.from({ length: 100 }, (_, i) =>
    (i % 2 ? a : b).spawn(() => (i % 3 ? a : b).sleep(1)),
  );
  same(new Set([a.getCurrent(), ...all].map((g) => g.id)).size, 101, "ids of the living differ");
  a.joinAll(all);

  const queue = new a.Queue(1);
  const producer = b.spawn(() => {
    for (let i = 0; i < 10; i++) queue.put(i);
    queue.shutdown();
  });
  same([...queue], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], "a queue between them");
  producer.join();

  const victims = [a.spawn(() => b.sleep(10_000)), b.spawn(() => a.sleep(10_000))];
  a.sleep(0);
  b.killAll(victims);
  same(
    victims.map((g) => g.successful),
    [true, true],
    "killed by the other copy",
  );
  check(a.wait(b.spawn(() => 5)) === 5, "wait for the other's greenlet");

  const deadline = new b.Timeout(2);
  let thrown = null;
  try {
    a.sleep(10_000);
  } catch (error) {
    thrown = error;
  }
  check(thrown === deadline, "the deadline of the other copy");

  // The classes of either copy, and errors as the other throws them.
  for (const [mine, theirs] of [
    [a, b],
    [b, a],
  ]) {
    const shut = new theirs.Queue();
    shut.shutdown();
    const closed = new theirs.Channel();
    closed.close();
    const killed = theirs.spawn(() => theirs.sleep(10_000));
    theirs.sleep(0);
    killed.kill();
    const lock = new theirs.RLock();
    const raw = new theirs.RawGreenlet(() => {});
    const errors = {
      Timeout: thrownBy(() => new theirs.Queue().get({ timeout: 1 })),
      QueueShutDown: thrownBy(() => shut.get()),
      ChannelClosed: thrownBy(() => closed.receive()),
      GreenletExit: killed.value,
      LoopExit: thrownBy(() => new theirs.Event().wait()),
      InvalidSwitchError: thrownBy(() => (raw.parent = raw)),
      BlockingSwitchOutError: theirs.wait(
        new Promise((resolve) => setImmediate(() => resolve(thrownBy(() => theirs.sleep(1))))),
      ),
      ConcurrentObjectUseError: new theirs.ConcurrentObjectUseError("x"),
      StackExhaustedError: new theirs.StackExhaustedError("x"),
      UnsupportedPlatformError: new theirs.UnsupportedPlatformError("x"),
      GreenlitError: thrownBy(() => lock.release()),
    };
    for (const [name, error] of Object.entries(errors)) {
      check(error instanceof theirs[name], `${name} is one for those who threw it: ${error}`);
      // The hub that throws a LoopExit is the first copy's, whoever waits.
      const by = name === "LoopExit" ? a : theirs;
      check(Object.getPrototypeOf(error) === (by[name] ?? by.GreenlitError).prototype, name);
      check(error instanceof mine[name], `${name} is known to the other copy`);
      check(error instanceof mine.GreenlitError, `${name} is an error of greenlit`);
      for (const other of Object.keys(errors).filter((other) => other !== "GreenlitError"))
        check(error instanceof mine[other] === (other === name), `${name} instanceof ${other}`);
    }
    class Own extends mine.Timeout {}
    check(!(errors.Timeout instanceof Own), "a class of the program's is not that of all Timeouts");
    check(new Own(null) instanceof Own && new Own(null) instanceof theirs.Timeout, "but is one");
    for (const foreign of [new Error("x"), { code: mine.Timeout.code }, null, mine.Timeout.code])
      check(!(foreign instanceof mine.Timeout), "no error of greenlit");

    // In the code of greenlit itself: who was told to end has not won.
    const value = mine.scope(
      (s) => {
        s.spawn(() => {
          throw new theirs.GreenletExit();
        });
        s.spawn(() => {
          mine.sleep(5);
          return "the winner";
        });
      },
      { policy: "any" },
    );
    same(value, "the winner", "a scope knows the other's GreenletExit");
  }
});
check(a.getHub().greenlets().length === 0, "nothing is left");
pass(300);
