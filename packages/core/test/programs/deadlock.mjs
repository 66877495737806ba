// When nothing is left that could wake those who wait: a main greenlet gets a LoopExit that lists
// them; without a main, the process ends with 13, as Node does for an unsettled await, and the list
// is on stderr. Daemons do not count.
import {
  AsyncResult,
  Event,
  getCurrent,
  LoopExit,
  Queue,
  RLock,
  run,
  Semaphore,
  shield,
  sleep,
  spawn,
} from "@greenlit/core";
import { runInThisContext } from "node:vm";
import { child, check, matches, pass, same } from "@greenlit/testing/program";

const LISTED = /^deadlock: nothing is left that could wake the greenlets that wait/;

const ways = {
  // Each as [exit code, check of what it printed].
  main: [0, ({ output }) => same(output, "caught ERR_GREENLIT_LOOP_EXIT\nfinally\n", "output")],
  "main, uncaught": [
    1,
    ({ errors }) => {
      matches(errors, /LoopExit/, "the error");
      matches(errors, /main-\d+ has waited [\d.]+ s in Event\.wait/, "the list");
    },
  ],
  "main, swallowed": [
    13,
    ({ output, told }) => {
      same(output, "LoopExit\n", "once");
      matches(told, /^greenlit: deadlock/, "told");
    },
  ],
  "main, shielded": [13, ({ told }) => matches(told, /^greenlit: deadlock/, "told")],
  "two mains": [0, ({ output }) => same(output, "one LoopExit\ntwo LoopExit\n", "output")],
  "main goes on": [0, ({ output }) => same(output, "LoopExit\ntimer\nLoopExit\n", "output")],
  "no main": [
    13,
    ({ told }) => {
      matches(told, /^greenlit: deadlock/, "told");
      matches(told, /; see https:.*#err_greenlit_loop_exit\n/, "where to read on");
      matches(told, /\n {2}consumer-\d+ has waited [\d.]+ s in Queue\.get/, "the queue");
      matches(told, /\n {2}my name has waited [\d.]+ s in Semaphore\.acquire/, "the semaphore");
      matches(
        told,
        /\n {2}joiner-\d+ has waited [\d.]+ s in Greenlet\.join of my name/,
        "the join",
      );
      same(told.trimEnd().split("\n").length, 4, "lines");
    },
  ],
  cycle: [
    13,
    ({ told }) => {
      matches(told, /\n {2}cycle: one waits on two waits on three waits on one\n/, "the ring");
      same(told.match(/cycle/g)?.length, 1, "told once");
      matches(told, /one has waited [\d.]+ s in RLock\.acquire, held by two/, "the lock");
    },
  ],
  many: [
    13,
    ({ told }) => {
      same(told.trimEnd().split("\n").length, 22, "lines");
      matches(told, /\n {2}and 30 more\n$/, "the rest");
    },
  ],
  daemons: [0, ({ told }) => same(told, "", "silence")],
  "daemons and one more": [13, ({ told }) => same(told.trimEnd().split("\n").length, 2, "lines")],
  where: [
    13,
    ({ told }) =>
      matches(
        told,
        /\n {2}user-\d+ has waited [\d.]+ s in Event\.wait at .*\/app\/user\.js:2:33\)?\n/,
        "where",
      ),
  ],
  "exit code kept": [5, ({ told }) => matches(told, /^greenlit: deadlock/, "told")],
  "sleep(Infinity)": [13, ({ told }) => matches(told, /in sleep/, "told")],
  "after a while": [
    13,
    ({ told, seconds }) => {
      const [, waited] = /late-\d+ has waited ([\d.]+) s in Event\.wait/.exec(told) ?? [];
      check(waited < seconds - 1.1, `its own time: ${waited} of ${seconds} s: ${told}`);
    },
  ],
  "no deadlock": [
    0,
    ({ told, output }) => {
      same(told, "", "silence");
      same(output, "woken\n", "output");
    },
  ],
};

const main = () => void new Event().wait();

const acts = {
  main: () =>
    run(function main() {
      try {
        new AsyncResult().get();
      } catch (error) {
        check(error instanceof LoopExit, "a LoopExit");
        matches(error.message, LISTED, "the text");
        matches(
          error.message,
          /main-\d+ has waited [\d.]+ s in AsyncResult\.get/,
          "the main itself",
        );
        console.log(`caught ${error.code}`);
      } finally {
        console.log("finally");
      }
    }),
  "main, uncaught": () => run(main),
  "main, swallowed": () =>
    run(() => {
      try {
        main();
      } catch (error) {
        console.log(error.name);
      }
      main();
    }),
  "main, shielded": () => run(() => shield(main)),
  "two mains": () => {
    for (const name of ["one", "two"]) run(main).catch((error) => console.log(name, error.name));
  },
  "main goes on": () =>
    run(() => {
      for (let i = 0; i < 2; i++) {
        try {
          main();
        } catch (error) {
          console.log(error.name);
          if (i === 0) sleep(2);
          if (i === 0) console.log("timer");
        }
      }
    }),
  "no main": () => {
    spawn(function consumer() {
      new Queue().get();
    });
    const named = spawn(() => new Semaphore(0).acquire());
    named.name = "my name";
    spawn(function joiner() {
      named.join();
    });
  },
  many: () => {
    for (let i = 0; i < 50; i++) spawn(main);
  },
  daemons: () => {
    for (let i = 0; i < 10; i++) spawn(main).daemon = true;
  },
  "daemons and one more": () => {
    acts.daemons();
    spawn(main);
  },
  where: () =>
    runInThisContext(
      "(spawn, Event) => spawn(function user() {\n  [1].forEach(() => new Event().wait());\n})",
      {
        filename: "/app/user.js",
      },
    )(spawn, Event),
  cycle: () => {
    // Each holds a lock and wants the next one's; the last waits for the end of the first.
    const locks = [new RLock(), new RLock()];
    const allHold = new Event();
    const greenlets = ["one", "two", "three"].map((name, i) => {
      const greenlet = spawn(() => {
        if (i > 0) locks[i - 1].acquire();
        if (i === 2) allHold.set();
        allHold.wait();
        if (i < 2) locks[i].acquire();
        else greenlets[0].join();
      });
      greenlet.name = name;
      return greenlet;
    });
    spawn(() => greenlets[2].join()).name = "outside";
  },
  "exit code kept": () => {
    process.exitCode = 5;
    spawn(main);
  },
  "sleep(Infinity)": () => spawn(() => sleep(Infinity)),
  "after a while": () =>
    spawn(function late() {
      sleep(1200);
      main();
    }),
  "no deadlock": () => {
    const event = new Event();
    spawn(() => {
      event.wait();
      console.log("woken");
    });
    process.once("beforeExit", () => setTimeout(() => event.set(), 1));
    // Registered before greenlit's own would be too late: here a timer keeps the loop alive.
    setTimeout(() => event.set(), 20);
  },
};

const [way] = process.argv.slice(2);
if (way !== undefined) {
  check(getCurrent() === null, "on the hub");
  acts[way]();
} else {
  for (const [name, [code, judge]] of Object.entries(ways)) {
    const start = performance.now();
    const result = await child(import.meta.url, [name]);
    const seconds = (performance.now() - start) / 1000;
    check(
      result.ended === code,
      `${name}: ended with ${result.ended}, not ${code}\n${result.output}${result.errors}`,
    );
    judge({ ...result, seconds });
  }
  // An unsettled await at the top of a module is Node's own 13.
  pass(2 * Object.keys(ways).length);
}
