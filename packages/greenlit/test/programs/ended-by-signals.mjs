// SIGINT and SIGTERM: the first ends the greenlets, the second the process, whatever runs; and one
// that calculates is ended when the grace is over. Programs that listen themselves are left alone.
import { check, matches, pass, unless } from "@greenlit/testing/program";
import { write, GREEN, runWay } from "../support/ways.mjs";

write({
  "busy.mjs": 'console.log("ready"); for (;;);',
  "busy-later.mjs": 'import { sleep } from "greenlit"; sleep(3); console.log("ready"); for (;;);',
  "busy.cjs":
    'require("greenlit").spawn(() => { console.log("ready"); for (;;); }); require("greenlit").sleep(1);',
  "sleeps.mjs":
    'import { sleep } from "greenlit"; try { console.log("ready"); sleep(60_000) } finally { console.log("cleaned") }',
  "alone.cjs": `const { statSync } = require("node:fs");
    try { console.log("ready"); for (;;) statSync("."); } finally { console.log("cleaned"); }`,
  "stubborn.mjs":
    'import { shield, sleep } from "greenlit"; try { console.log("ready"); sleep(60_000) } finally { console.log("cleaning"); shield(() => sleep(60_000)) }',
  "busy-cleaning.mjs":
    'import { sleep } from "greenlit"; try { console.log("ready"); sleep(60_000) } finally { console.log("cleaning"); for (;;); }',
  "listens.mjs": `import { sleep } from "greenlit"; process.on("SIGINT", (s) => console.log("own", s)); process.once("SIGTERM", () => process.exit(3));
    console.log("ready"); sleep(60_000)`,
  "listened.mjs": `import { sleep } from "greenlit"; const own = () => {}; process.on("SIGTERM", own); process.off("SIGTERM", own);
    try { console.log("ready"); sleep(60_000) } finally { console.log("cleaned") }`,
  "serves.mjs":
    'import { createServer } from "node:net"; createServer().listen(0, () => console.log("ready"))',
});

const GRACE = "300";
const MINUTE = "60000";
/** What is sent when the program has printed so many lines. */
const sends = (...signals) => {
  let sent = 0;
  return (child, output) => {
    while (sent < signals.length && output.split("\n").length > sent + 1)
      child.kill(signals[sent++]);
  };
};

const cases = [
  // The file, the grace, what is sent, how it ends, what it prints.
  ["busy.mjs", GRACE, ["SIGINT"], "SIGINT", "ready\n"],
  ["busy.mjs", GRACE, ["SIGTERM"], "SIGTERM", "ready\n"],
  ["busy-later.mjs", GRACE, ["SIGINT"], "SIGINT", "ready\n"],
  ["busy.cjs", GRACE, ["SIGTERM"], "SIGTERM", "ready\n"],
  ["sleeps.mjs", MINUTE, ["SIGINT"], 130, "ready\ncleaned\n"],
  ["sleeps.mjs", MINUTE, ["SIGTERM"], 143, "ready\ncleaned\n"],
  ["alone.cjs", MINUTE, ["SIGINT"], 130, "ready\ncleaned\n"],
  ["stubborn.mjs", MINUTE, ["SIGINT", "SIGTERM"], "SIGTERM", "ready\ncleaning\n"],
  ["stubborn.mjs", MINUTE, ["SIGINT", "SIGINT"], "SIGINT", "ready\ncleaning\n"],
  [
    "stubborn.mjs",
    GRACE,
    ["SIGINT"],
    130,
    "ready\ncleaning\n",
    /1 greenlet did not end within 0\.3 s/,
  ],
  ["busy-cleaning.mjs", MINUTE, ["SIGTERM", "SIGINT"], "SIGINT", "ready\ncleaning\n"],
  ["busy-cleaning.mjs", GRACE, ["SIGTERM"], "SIGTERM", "ready\ncleaning\n"],
  ["listens.mjs", GRACE, ["SIGINT", "SIGTERM"], 3, "ready\nown SIGINT\n"],
  ["listened.mjs", MINUTE, ["SIGTERM"], 143, "ready\ncleaned\n"],
  ["serves.mjs", MINUTE, ["SIGINT"], 130, "ready\n"],
];
if (unless(process.platform === "win32" && "Windows has no signals", "signals")) {
  for (const [file, grace, signals, ended, output, errors = /^/] of cases) {
    for (const way of GREEN) {
      const result = await runWay(way, [file], {
        env: { GREENLIT_GRACE: grace },
        onOutput: sends(...signals),
      });
      const what = `${file}, ${signals}, ${way}`;
      check(result.ended === ended, `${what}: ended with ${result.ended}\n${result.errors}`);
      check(result.output === output, `${what}: printed ${result.output}`);
      matches(result.errors, errors, what);
    }
  }
}
pass(80);
