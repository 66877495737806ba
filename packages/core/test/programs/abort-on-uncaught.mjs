// --abort-on-uncaught-exception ends a process where an error is thrown that no JavaScript below on
// the stack catches, even if native code does. So greenlit itself must not throw like that, and an
// error that its users catch must not look uncaught.
import {
  dump,
  Event,
  formatDump,
  getHub,
  joinAll,
  RawGreenlet,
  run,
  scope,
  settrace,
  sleep,
  spawn,
  wait,
  withTimeout,
} from "@greenlit/core";
import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import domain from "node:domain";
import { writeSync } from "node:fs";
import inspector from "node:inspector";
import { createSecureContext } from "node:tls";
import { isMainThread, Worker, workerData } from "node:worker_threads";
import { child, check, matches, pass, same, thrownBy } from "@greenlit/testing/program";

const boom = () => {
  throw new TypeError("boom");
};
const caught = (fn) => {
  const error = thrownBy(fn, String(fn));
  check(error instanceof Error, String(error));
  return error;
};
const inScope = (fn) => new AsyncResource("X").runInAsyncScope(fn);
/** Many turns, so that greenlets hand over to each other. */
const busy = () =>
  joinAll(
    Array.from({ length: 20 }, () =>
      spawn(() => {
        for (let i = 0; i < 20; i++) sleep(0);
      }),
    ),
  );

/** What runs in a greenlet. */
const WAYS = {
  "greenlets that hand over": busy,
  "further asynchronous scopes": () => inScope(() => inScope(() => sleep(1))),
  "a storage that is left": () => new AsyncLocalStorage().exit(() => sleep(1)),
  "errors of greenlets": () => {
    matches(caught(() => spawn(boom).get()).message, /boom/, "of one");
    matches(caught(() => spawn(() => inScope(boom)).get()).message, /boom/, "in a scope");
    caught(() => scope((s) => s.spawn(boom)));
    caught(() => joinAll([spawn(boom)], { raiseError: true }));
  },
  "errors of promises": () => {
    caught(() => wait(Promise.reject(new Error("reason"))));
    caught(() => wait((async () => boom())()));
    caught(() => wait({ then: boom }));
    const late = async () => {
      await null;
      boom();
    };
    caught(() => wait(late()));
  },
  "errors that are thrown into a blocking call": () => {
    caught(() => withTimeout(1, () => new Event().wait()));
    caught(() => new Event().wait({ signal: AbortSignal.timeout(1) }));
    const victims = [() => sleep(1e6), () => [1].sort(), () => inScope(() => sleep(1e6))].map(
      (fn) => spawn(fn),
    );
    sleep(0);
    for (const victim of victims) victim.kill();
    for (const victim of victims) victim.kill(new Error("dead already"));
  },
  "errors through builtins": () => {
    caught(() => [1, 2].sort(() => sleep(1) ?? boom()));
    caught(() => JSON.parse("[1]", () => sleep(1) ?? boom()));
    caught(() => [..."ab"].map(() => "a".replace("a", () => sleep(1) ?? boom())));
    const generator = (function* () {
      try {
        yield sleep(1);
      } finally {
        sleep(1);
      }
    })();
    generator.next();
    caught(() => generator.throw(new Error("into a generator")));
  },
  "a stack that overflows": () => {
    const dive = () => dive() + 1;
    caught(dive);
  },
  "calls that cannot block": () => {
    const late = new Event();
    setImmediate(() => {
      caught(() => sleep(1));
      late.set();
    });
    late.wait();
  },
  "raw greenlets": () => {
    caught(() => new RawGreenlet(boom).switch());
    caught(() => new RawGreenlet(() => {}).throw(new Error("never started")));
    const raw = new RawGreenlet(() => raw.parent.switch());
    raw.switch();
    caught(() => raw.throw(new Error("thrown in")));
    settrace(boom);
    caught(() => new RawGreenlet(() => {}).switch());
  },
  "dump()": () => {
    const gate = new Event();
    spawn(() => inScope(() => gate.wait()));
    sleep(0);
    check(dump().length > 0, "some are there");
    matches(formatDump(), /waits in Event.wait/, "the one that waits");
    gate.set();
  },
  domains: () => {
    const d = domain.create();
    d.run(() => sleep(1));
    d.run(() => caught(() => inScope(() => sleep(1) ?? boom())));
  },
  "a monitor": () => {
    const end = getHub().monitor();
    sleep(1);
    end();
  },
  "TLS contexts": () => void createSecureContext(),
  "a debugger that listens": () => {
    inspector.open(0, "127.0.0.1");
    busy();
    inScope(() => sleep(1));
    inspector.close();
  },
  "a worker": () => {
    const end = (worker) => new Promise((resolve) => worker.on("exit", resolve));
    const worker = new Worker(new URL(import.meta.url), { workerData: "greenlets that hand over" });
    same(wait(end(worker)), 0, "its exit code");
  },
  "a deadlock, told to the main greenlet": () =>
    same(caught(() => new Event().wait()).code, "ERR_GREENLIT_LOOP_EXIT", "its code"),
};

/** What ends the process by itself, and how. */
const ENDS = {
  "a deadlock of others": [() => void spawn(() => new Event().wait()), 13, /deadlock/],
  "a greenlet that fails, and nobody asks": [() => void spawn(boom), 1, /TypeError: boom/],
  "process.exit": [() => inScope(() => sleep(1) ?? process.exit(3)), 3, /^$/],
};

/** What shows that the flag is at work. */
const ABORT = "nobody catches it";

/** Not while the main module is evaluated: Node takes what is thrown then for caught. */
const later = (fn) => setImmediate(() => setImmediate(fn));

const way = workerData ?? process.argv[2];
if (way !== undefined) {
  const fn = WAYS[way] ?? ENDS[way]?.[0] ?? boom;
  later(() => (way === ABORT ? fn() : run(fn).then(() => isMainThread && writeSync(1, "done\n"))));
} else {
  const at = (name) =>
    child(import.meta.url, [name], {
      flags: ["--abort-on-uncaught-exception"],
      env: { GREENLIT_HAND_OVER: "0" },
    });
  for (const name of Object.keys(WAYS)) {
    const { ended, output, told } = await at(name);
    check(ended === 0 && output === "done\n", `${name}: ended with ${ended}\n${output}${told}`);
  }
  for (const [name, [, expected, errors]] of Object.entries(ENDS)) {
    const { ended, output, told } = await at(name);
    check(ended === expected, `${name}: ended with ${ended}\n${output}${told}`);
    matches(told, errors, name);
  }
  const { ended } = await at(ABORT);
  check(typeof ended === "string", `${ABORT}: ended with ${ended}, not by a signal`);
  pass(Object.keys(WAYS).length + 2 * Object.keys(ENDS).length + 1);
}
