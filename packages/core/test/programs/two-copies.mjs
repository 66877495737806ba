// Two copies of the package in one process, as npm may install them, share one hub: a greenlet of one waits for what the
// other wakes, and ids stay unique.
import * as a from "@greenlit/core";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { check, pass, same } from "@greenlit/testing/program";

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
});
check(a.getHub().greenlets().length === 0, "nothing is left");
pass(10);
