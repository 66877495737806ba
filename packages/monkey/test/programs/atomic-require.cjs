// Two greenlets require the same module at once. Neither may see it half-loaded.
const assert = require("node:assert");

(async () => {
  const { run, spawn, joinAll, sleep, wait } = await import("@greenlit/core");
  const { patchAll } = await import("@greenlit/monkey");
  patchAll();
  await run(() => {
    let switches = 0;
    const watcher = spawn(() => {
      for (;;) {
        switches += 1;
        sleep(0);
      }
    });
    sleep(0);
    const requiring = [1, 2, 3].map(() =>
      spawn(() => {
        const before = switches;
        const slow = require("./modules/slow.cjs");
        assert.equal(switches, before, "require has switched");
        assert.equal(slow.complete, true, "half-loaded exports");
        assert.equal(slow.nested, "nested");
        return slow;
      }),
    );
    joinAll(requiring);
    for (const greenlet of requiring) greenlet.get();
    assert.equal(require("./modules/data.json").value, "json");

    // A function of the module, called later, does switch.
    const before = switches;
    const { readLater, text } = require("./modules/slow.cjs");
    assert.equal(readLater(), text);
    assert.notEqual(switches, before, "a later call does not switch");

    // A missing module is an error, and what comes after it switches again.
    assert.throws(() => require("./modules/none.cjs"), { code: "MODULE_NOT_FOUND" });
    const again = switches;
    readLater();
    assert.notEqual(switches, again, "still taken for loading");

    // ES modules, by import() and, where Node can, by require.
    assert.equal(wait(import("./modules/es.mjs")).value, "es");
    if (process.features.require_module) assert.equal(require("./modules/es.mjs").value, "es");
    watcher.kill();
  });
  // And outside.
  assert.equal(require("./modules/uses-fs.cjs").existsSync("/"), true);
  assert.equal((await import("./modules/es.mjs")).value, "es");
  console.log("pass");
})();
