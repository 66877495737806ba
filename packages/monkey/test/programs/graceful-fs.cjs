// graceful-fs replaces functions of Node's fs itself, and keeps others.
const assert = require("node:assert");
const fs = require("node:fs");

process.removeAllListeners("warning");
const warnings = [];
process.on("warning", ({ code, message }) => warnings.push(`${code}: ${message}`));

(async () => {
  const [, , order] = process.argv;
  if (order === "before") require("graceful-fs").gracefulify(fs);
  const { noSwitch, run } = await import("@greenlit/core");
  const { patchAll, unpatchAll } = await import("@greenlit/monkey");
  patchAll();
  if (order === "after") require("graceful-fs").gracefulify(fs);
  const graceful = require("graceful-fs");
  const { statfsSync } = graceful; // is never made at once
  const use = () => {
    const fd = graceful.openSync(__filename, "r");
    fs.closeSync(fd);
    assert.equal(fs.readFileSync(__filename, "utf8"), graceful.readFileSync(__filename, "utf8"));
  };
  use();
  await run(use);
  await run(() => {
    assert.throws(() => noSwitch(() => fs.statfsSync(__filename)), /would switch/);
    if (order === "before") noSwitch(() => statfsSync(__filename));
    else assert.throws(() => noSwitch(() => statfsSync(__filename)), /would switch/);
  });
  unpatchAll();
  await run(use);
  use();
  await new Promise(setImmediate);
  const late =
    "GREENLIT_LATE_PATCH: graceful-fs was loaded before the patch and has kept functions of Node's, which block: ";
  assert.deepEqual(
    warnings.map((one) => one.slice(0, late.length)),
    order === "before" ? [late] : [],
  );
  console.log("pass");
})();
