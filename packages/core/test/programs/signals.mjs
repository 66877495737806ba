// SIGINT while a greenlet runs and while all are parked; errors that nobody catches, with and
// without a handler; process.exit() anywhere: the process ends, or goes on, as one without
// greenlets would.
import { Event, run, sleep, spawn } from "@greenlit/core";
import { existsSync, mkdtempSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { child, check, matches, pass, same, scaled } from "@greenlit/testing/program";

const say = (text) => writeSync(1, `${text}\n`);
const compute = (milliseconds) => {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
};
const ready = () => say("ready");
const [act, sent] = process.argv.slice(2);
/** The parent has sent its signal. A greenlet that computes cannot know it in any other way. */
const isSent = () => existsSync(sent);

/** What the program does once all are parked, how it must end, its output, its error output. */
const acts = {
  "SIGINT, all parked": [
    () => {
      run(() => (ready(), sleep(60_000)));
    },
    "SIGINT",
    "ready\n",
  ],
  "SIGINT, one computing": [() => spawn(() => (ready(), compute(60_000))), "SIGINT", "ready\n"],
  "SIGINT, all parked, handled": [
    () => {
      const got = new Event();
      process.once("SIGINT", () => got.set());
      run(() => (ready(), got.wait(), say("a greenlet heard of it")));
      setTimeout(() => {}, 60_000).unref();
      // A listener for signals does not keep a process alive.
      const alive = setInterval(() => got.isSet && clearInterval(alive), 5);
    },
    0,
    "ready\na greenlet heard of it\n",
  ],
  "SIGINT, one computing, handled": [
    () => {
      let heard = false;
      process.once("SIGINT", () => (say("handler"), (heard = true)));
      run(() => {
        ready();
        while (!isSent()) compute(1);
        say("computed");
        while (!heard) sleep(1);
        say("goes on");
      });
    },
    0,
    "ready\ncomputed\nhandler\ngoes on\n",
  ],
  "SIGINT, a handler that exits in a greenlet": [
    () => {
      process.once("SIGINT", () => spawn(() => (sleep(1), process.exit(5))));
      run(() => (ready(), sleep(60_000)));
    },
    5,
    "ready\n",
  ],
  "uncaught in a greenlet": [
    () =>
      spawn(function failing() {
        sleep(1);
        throw new TypeError("boom");
      }),
    1,
    "",
    /greenlet "failing-\d+" failed, spawned at [^]*TypeError: boom\n {4}at failing/,
  ],
  "uncaught in a greenlet, handled": [
    () => {
      process.on("uncaughtException", (error, origin) => say(`${error.message}, ${origin}`));
      spawn(() => {
        sleep(1);
        throw new TypeError("boom");
      });
    },
    0,
    "boom, unhandledRejection\n",
    /TypeError: boom/,
  ],
  "uncaught in a callback that resumes a greenlet": [
    () => {
      process.on("uncaughtException", (error) => say(error.message));
      const event = new Event();
      spawn(() => (event.wait(), say("woken")));
      setTimeout(() => {
        event.set();
        throw new Error("boom");
      }, 2);
    },
    0,
    "boom\nwoken\n",
  ],
  "uncaught in a tick of a greenlet": [
    () =>
      run(() => {
        process.nextTick(() => {
          throw new TypeError("boom");
        });
        sleep(60_000);
      }),
    1,
    "",
    /TypeError: boom/,
  ],
  "uncaught, and a handler that exits": [
    () => {
      process.on("uncaughtException", () => process.exit(9));
      run(() => {
        setTimeout(() => {
          throw new TypeError("boom");
        }, 1);
        sleep(60_000);
      });
    },
    9,
    "",
  ],
  "process.exit in a greenlet": [() => spawn(() => (sleep(1), process.exit(3))), 3, ""],
  "process.exit in a greenlet that a promise resumed": [
    () =>
      spawn(() => {
        new Event().wait({ timeout: 1 });
        [2, 1].sort(() => process.exit(4));
      }),
    4,
    "",
  ],
  "process.exit in a handler of exit, in a greenlet": [
    () => {
      process.on("exit", (code) => {
        say(`exit ${code}`);
        process.exit(6);
      });
      spawn(() => (sleep(1), process.exit(2)));
    },
    6,
    "exit 2\n",
  ],
  "beforeExit starts a greenlet": [
    () => {
      process.once("beforeExit", () => {
        try {
          sleep(1);
        } catch (error) {
          say(error.code);
        }
        run(() => (sleep(2), say("in a greenlet")));
      });
    },
    0,
    "ERR_GREENLIT_BLOCKING_SWITCH_OUT\nin a greenlet\n",
  ],
};

if (act !== undefined) {
  for (let i = 0; i < scaled(500); i++) {
    const greenlet = spawn(() => {
      try {
        new Event().wait();
      } finally {
        say("a parked greenlet went on");
      }
    });
    greenlet.daemon = true;
  }
  setTimeout(acts[act][0], 5);
} else {
  const folder = mkdtempSync(join(tmpdir(), "greenlit-signals-"));
  for (const [name, [, ended, output, errors]] of Object.entries(acts)) {
    let signalled = false;
    const mark = join(folder, name);
    const result = await child(import.meta.url, [name, mark], {
      onOutput(process_, text) {
        if (!name.startsWith("SIGINT") || signalled || !text.includes("ready")) return;
        signalled = true;
        setTimeout(() => {
          process_.kill("SIGINT");
          writeFileSync(mark, "");
        }, 30);
      },
    });
    check(
      result.ended === ended,
      `${name}: ended with ${result.ended}, not ${ended}\n${result.output}${result.errors}`,
    );
    same(result.output, output, name);
    if (errors === undefined) same(result.told, "", name);
    else matches(result.told, errors, name);
  }
  rmSync(folder, { recursive: true });
  pass(3 * Object.keys(acts).length);
}
