// Node's `domain` beside greenlets: each greenlet is in the domains that it has entered, or was
// spawned in, whoever resumes it; and an error that nobody waits for reaches the domain it was
// thrown in.
import { Event, getHub, run, sleep, spawn, Waiter } from "@greenlit/core";
import domain from "node:domain";
import { EventEmitter } from "node:events";
import { child, check, matches, pass, same, scaled } from "@greenlit/testing/program";

const make = (name) => Object.assign(domain.create(), { name });
const here = () => process.domain?.name ?? null;

const acts = {
  "no handler"() {
    const d = make("d");
    d.run(() =>
      spawn(function broken() {
        throw new TypeError("boom");
      }),
    );
  },
  "a handler that throws"() {
    const d = make("d");
    d.on("error", () => {
      throw new RangeError("in the handler");
    });
    d.run(() =>
      spawn(() => {
        sleep(1);
        throw new TypeError("boom");
      }),
    );
  },
};

async function interleaved() {
  const COUNT = scaled(30);
  const all = Array.from({ length: COUNT }, (_, i) =>
    run(() => {
      const [outer, inner] = [make(`outer ${i}`), make(`inner ${i}`)];
      same(here(), null, "none at first");
      outer.run(() => {
        for (let turn = 0; turn < 8; turn++) {
          sleep(turn % 3);
          same(here(), outer.name, "the one it has entered");
          inner.run(() => {
            sleep(0);
            same(here(), inner.name, "the inner one");
            same(new EventEmitter().domain?.name, inner.name, "emitters belong to it");
            if (i % 2) sleep(1);
            same(here(), inner.name, "after one more switch");
          });
          same(here(), outer.name, "back in the outer one");
          check(domain._stack.length === 1, "one entry");
        }
      });
      same(here(), null, "none at last");
      sleep(1);
      same(here(), null, "and after a switch");
    }),
  );
  const timer = setInterval(() => check(here() === null, "the hub is in none"), 1);
  await Promise.all(all);
  clearInterval(timer);
  same([here(), domain._stack.length], [null, 0], "the hub");
}

/** Who resumes a greenlet lends it no domain, and gets its own back. */
async function resumedFromADomain() {
  const [hubs, own] = [make("hub's"), make("own")];
  let waiter;
  const seen = [];
  const wait = () => {
    waiter = new Waiter("test");
    waiter.wait();
    seen.push(here());
  };
  const g = spawn(() => {
    wait();
    own.run(wait);
    wait();
  });
  const inherits = own.run(() => spawn(() => (sleep(0), here())));
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    hubs.run(() => {
      waiter.switch();
      same([here(), domain._stack.length], ["hub's", 1], "the callback's own");
    });
  }
  await g;
  same(seen, [null, "own", null], "the greenlet's");
  same(await inherits, "own", "a greenlet is in the domain it was spawned in");
}

/** The domain, and the error it got. */
async function errors() {
  const seen = [];
  const [a, b] = [make("a"), make("b")];
  for (const d of [a, b]) d.on("error", (error) => seen.push([d.name, error.message, here()]));
  const reported = [];
  const { onError } = getHub();
  getHub().onError = (_greenlet, error) => reported.push(error.message);
  const settle = async () => {
    do await new Promise((resolve) => setTimeout(resolve, 10));
    while (getHub().greenlets().length > 0);
  };

  a.run(() => spawn(() => (sleep(1), boom("spawned in a"))));
  b.run(() => spawn(() => (sleep(1), boom("spawned in b"))));
  spawn(() => a.run(() => (sleep(1), boom("entered a"))));
  spawn(() => a.run(() => b.run(() => (sleep(0), boom("entered a, then b")))));
  b.run(() => spawn(() => a.run(() => (sleep(0), boom("spawned in b, entered a")))));
  await settle();
  same(
    seen.sort((x, y) => (x[1] < y[1] ? -1 : 1)),
    [
      ["a", "entered a", null],
      ["b", "entered a, then b", "a"],
      ["a", "spawned in a", null],
      ["b", "spawned in b", null],
      ["a", "spawned in b, entered a", "b"],
    ],
    "each to its own",
  );
  same(reported, [], "and to nobody else");
  same(getHub().unobserved.size, 0, "it counts as handled");

  // Who asks gets the error; the domain does not.
  seen.length = 0;
  const asked = run(() => {
    const g = a.run(() => spawn(() => (sleep(1), boom("asked for"))));
    try {
      g.get();
    } catch (error) {
      return error.message;
    }
  });
  same(await asked, "asked for", "who asks");
  spawn(() => boom("in none"));
  spawn(() => {
    a.run(() => sleep(0));
    boom("has left it");
  });
  await settle();
  same([seen, reported.sort()], [[], ["has left it", "in none"]], "no domain");
  getHub().unobserved.clear();
  getHub().onError = onError;

  // An emitter's error in a greenlet, a timer's, and what a callback throws, are Node's own doing.
  await run(() =>
    a.run(() => {
      new EventEmitter().emit("error", new Error("emitted"));
      setTimeout(() => boom("in a timer"), 1);
      while (seen.length < 2) sleep(1);
      same(here(), "a", "after an error beside it");
    }),
  );
  same(
    seen.map(([name, message]) => [name, message]),
    [
      ["a", "emitted"],
      ["a", "in a timer"],
    ],
    "Node's own",
  );

  // Killed while inside: nothing stays behind.
  await run(() => {
    const g = spawn(() => a.run(() => new Event().wait()));
    sleep(0);
    g.kill();
    same([here(), domain._stack.length], [null, 0], "after a kill");
  });
}

function boom(message) {
  throw new Error(message);
}

const [act] = process.argv.slice(2);
if (act !== undefined) {
  acts[act]();
} else {
  await interleaved();
  await resumedFromADomain();
  await errors();
  const alone = await child(import.meta.url, ["no handler"]);
  same(alone.ended, 1, "a domain without a handler");
  matches(alone.told, /greenlet "broken-\d+" failed[^]*TypeError: boom/, "told as always");
  const thrown = await child(import.meta.url, ["a handler that throws"]);
  check(thrown.ended !== 0, `ended with ${thrown.ended}`);
  matches(thrown.told, /RangeError: in the handler/, "the handler's own error");
  pass(scaled(30) * 40);
}
