// Every way a process ends with a thousand greenlets parked: the exit code is right, no greenlet
// runs on unasked, and exit handlers that block get an error that says why they cannot.
import { Event, run, sleep, spawn } from "@greenlit/core";
import { writeSync } from "node:fs";
import { child, check, matches, pass, same, scaled } from "@greenlit/testing/program";

const say = (text) => writeSync(1, `${text}\n`);
const boom = () => {
  throw new TypeError("boom");
};
const tryToBlock = () => {
  try {
    sleep(1);
    say("blocked");
  } catch (error) {
    say(error.message.slice(0, error.message.indexOf(".")));
  }
};
const [way] = process.argv.slice(2);
const atExit = () => process.on("exit", tryToBlock);
/** An exit handler that is there before the hub sets its own. */
const EARLY = [
  "--import",
  `data:text/javascript,${encodeURIComponent("process.on('exit', () => globalThis.atExit?.())")}`,
];
const keepAlive = () => setInterval(() => {}, 1000);

/** The act, what it ends with, its output, and its error output. */
const ways = {
  "natural, daemons parked": [() => {}, 0, ""],
  "natural, after work": [
    () =>
      run(() => {
        sleep(3);
        say("worked");
      }),
    0,
    "worked\n",
  ],
  "process.exit in a greenlet": [() => spawn(() => process.exit(3)), 3, ""],
  "process.exit in a greenlet, deep": [
    () => spawn(() => [1].forEach(() => JSON.parse("[1]", () => process.exit(3)))),
    3,
    "",
  ],
  "process.exit in a greenlet after a switch": [
    () =>
      spawn(() => {
        sleep(2);
        process.exit(3);
      }),
    3,
    "",
  ],
  "process.exit on the hub": [() => setTimeout(() => process.exit(4), 2), 4, ""],
  "process.exitCode in a greenlet": [
    () =>
      spawn(() => {
        sleep(1);
        process.exitCode = 5;
      }),
    5,
    "",
  ],
  "process.exit skips finally": [
    () =>
      spawn(() => {
        try {
          process.exit(6);
        } finally {
          say("finally");
        }
      }),
    6,
    "",
  ],
  "thrown in a callback": [
    () => {
      keepAlive();
      setTimeout(boom, 2);
    },
    1,
    "",
    /TypeError: boom/,
  ],
  "thrown in a callback, in a tick": [
    () => {
      keepAlive();
      process.nextTick(boom);
    },
    1,
    "",
    /TypeError: boom/,
  ],
  "thrown in a callback, handled": [
    () => {
      process.on("uncaughtException", (error) => say(error.message));
      setTimeout(boom, 1);
      run(() => {
        sleep(10);
        say("goes on");
      });
    },
    0,
    "boom\ngoes on\n",
  ],
  "rejection nobody handles": [
    () => {
      keepAlive();
      run(boom);
    },
    1,
    "",
    /TypeError: boom/,
  ],
  "exit handler that blocks": [
    () => atExit(),
    0,
    "sleep cannot block here: this code runs on the hub, outside any greenlet\n",
  ],
  "exit handler that blocks, of a greenlet": [
    () => {
      atExit();
      spawn(() => {
        sleep(1);
        process.exit(7);
      });
    },
    7,
    "sleep cannot block here: the process is exiting\n",
  ],
  "exit handler that blocks, set before greenlit's": [
    () => {
      globalThis.atExit = tryToBlock;
      spawn(() => {
        sleep(1);
        process.exit(8);
      });
    },
    8,
    "sleep cannot block here: the process is exiting\n",
    null,
    EARLY,
  ],
  "exit in a finally of a kill": [
    () =>
      run(() => {
        const g = spawn(() => {
          try {
            sleep(10_000);
          } finally {
            process.exit(9);
          }
        });
        sleep(0);
        g.kill();
      }),
    9,
    "",
  ],
  SIGTERM: [
    () => {
      keepAlive();
      setTimeout(() => say("ready"), 5);
    },
    "SIGTERM",
    "ready\n",
  ],
  "SIGTERM, handled by a greenlet": [
    () => {
      process.once("SIGTERM", () =>
        run(() => {
          sleep(2);
          say("cleaned");
          process.exit(0);
        }),
      );
      keepAlive();
      setTimeout(() => say("ready"), 5);
    },
    0,
    "ready\ncleaned\n",
  ],
  abort: [
    () =>
      spawn(() => {
        sleep(1);
        process.kill(process.pid, "SIGKILL");
      }),
    "SIGKILL",
    "",
  ],
};

if (way !== undefined) {
  for (let i = 0; i < scaled(1000); i++) {
    const greenlet = spawn(() => {
      try {
        new Event().wait();
      } finally {
        say("a parked greenlet went on"); // nobody may unwind it
      }
    });
    greenlet.daemon = true;
  }
  setTimeout(ways[way][0], 5);
} else {
  for (const [name, [, ended, output, errors = null, flags = []]] of Object.entries(ways)) {
    const result = await child(import.meta.url, [name], {
      flags,
      onOutput: (process_, text) => {
        if (name.startsWith("SIGTERM") && text === "ready\n") process_.kill("SIGTERM");
      },
    });
    check(
      result.ended === ended,
      `${name}: ended with ${result.ended}, not ${ended}\n${result.output}${result.errors}`,
    );
    same(result.output, output, name);
    if (errors === null) same(result.told, "", name);
    else matches(result.told, errors, name);
  }
  pass(3 * Object.keys(ways).length);
}
