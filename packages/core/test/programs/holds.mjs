// Blocking where V8 or Node keeps something once for all stacks: in an import of a promising
// WebAssembly call, in a native addon's callback with a handle scope open, while the stack of an
// error is formatted. It is refused with an error that says what to do, or works; nothing else is
// touched, whoever else is parked and whatever is collected meanwhile.
import { Event, formatDump, joinAll, run, sleep, spawn, wait } from "@greenlit/core";
import {
  check,
  collect,
  matches,
  pass,
  same,
  scaled,
  thrownBy,
  unless,
} from "@greenlit/testing/program";
import { loadAddon, noAddon } from "../../../switcher/test/support/addon.mjs";

const REFUSED = "ERR_GREENLIT_BLOCKING_SWITCH_OUT";
let made = 0;

function refused(act, pattern) {
  const error = thrownBy(act, "blocking");
  same(error.code, REFUSED, error.message);
  matches(error.message, pattern, "says what to do");
  check(!/after `await`/.test(error.message), `and nothing that is not so: ${error.message}`);
  made++;
}

/** Every blocking call of these asks before it waits. */
const CALLS = [
  () => sleep(1),
  () => sleep(0),
  () => wait(new Promise((resolve) => setTimeout(resolve, 1))),
  () => new Event().wait({ timeout: 1 }),
  () => spawn(() => sleep(1)).get(),
];

async function promising() {
  // (module (import "m" "f" (func)) (func (export "g") call 0))
  const bytes = [
    0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 2, 7, 1, 1, 109, 1, 102, 0, 0, 3, 2, 1, 0, 7, 5,
    1, 1, 103, 0, 1, 10, 6, 1, 4, 0, 16, 0, 11,
  ];
  const module = new WebAssembly.Module(new Uint8Array(bytes));
  const exported = (f) => new WebAssembly.Instance(module, { m: { f } }).exports.g;
  await run(() => {
    const order = [];
    const greenlets = Array.from({ length: scaled(30) }, (_, k) =>
      spawn(() => {
        const held = { text: `held ${k}` };
        // Refused; the call itself goes on, and its promise is settled.
        const refusing = WebAssembly.promising(
          exported(() => refused(CALLS[k % CALLS.length], /Suspending/)),
        )();
        sleep(k % 3);
        // What an asynchronous import waits for, the greenlet waits for; they end in the order of
        // their sleeps.
        const suspended = WebAssembly.promising(
          exported(
            new WebAssembly.Suspending(() => new Promise((resolve) => setTimeout(resolve, 5))),
          ),
        )();
        wait(suspended);
        // Without promising, an import may block.
        exported(() => sleep(1))();
        wait(refusing);
        check(held.text === `held ${k}`, "what it holds");
        order.push(k);
        return k;
      }),
    );
    sleep(1);
    collect("minor");
    collect();
    joinAll(greenlets, { raiseError: true });
    same(order.length, greenlets.length, "all have ended");
    // A greenlet that is begun in there runs outside of it.
    let begun;
    WebAssembly.promising(exported(() => (begun = spawn(() => (sleep(1), "begun")))))();
    same(begun.get(), "begun", "spawned in an import");
  });
}

async function handleScopes() {
  const addon = loadAddon("calls_back");
  await run(() => {
    const greenlets = Array.from({ length: scaled(20) }, (_, k) =>
      spawn(() => {
        addon.scoped(() => refused(CALLS[k % CALLS.length], /handle scope.*run\(/));
        addon.plain(() => sleep(k % 4));
        addon.closed(() => sleep(k % 3));
        let later;
        addon.scoped(() => (later = run(() => (sleep(1), k))));
        return wait(later);
      }),
    );
    joinAll(greenlets, { raiseError: true });
    same(
      greenlets.map((greenlet) => greenlet.value),
      [...greenlets.keys()],
      "each went on",
    );
  });
}

/**
 * What formats may block, where the program asks for a stack; where greenlit does, it must not, and
 * harms nobody.
 */
async function formatting() {
  const messages = [];
  Error.prepareStackTrace = (error) => {
    try {
      sleep(1);
      return `slept for ${error.message}`;
    } catch (thrown) {
      messages.push(thrown.code);
      return `refused for ${error.message}`;
    }
  };
  await run(() => {
    const asked = Array.from({ length: scaled(10) }, (_, k) =>
      spawn(() => new Error(`${k}`).stack),
    );
    joinAll(asked, { raiseError: true });
    same(
      asked.map((greenlet) => greenlet.value),
      asked.map((_, k) => `slept for ${k}`),
      "the program's own",
    );
    // Of what fails and of what is parked.
    const failing = spawn(() => {
      throw new Error("fails");
    });
    failing.join();
    check(failing.exception.message === "fails", "its error");
    const event = new Event();
    const parked = spawn(() => (event.wait(), "woken"));
    sleep(0);
    check(formatDump().includes("parked") || formatDump().includes("Event"), "a dump");
    event.set();
    same(parked.get(), "woken", "one whose stack was looked at goes on");
    const late = spawn(() => new Event().wait());
    const deadline = thrownBy(() => late.get({ timeout: 1 }), "a timeout");
    check(typeof deadline.code === "string", "a timeout beside all that");
    late.kill();
  });
  check(
    messages.every((code) => code === "ERR_GREENLIT_INVALID_SWITCH" || code === REFUSED),
    messages.join(),
  );
  Error.prepareStackTrace = undefined;
}

if (unless(!WebAssembly.promising && "this Node has no WebAssembly.promising", "JSPI"))
  await promising();
if (unless(noAddon, "a native addon")) await handleScopes();
await formatting();
check(
  process.getActiveResourcesInfo().every((name) => !/Timeout/.test(name)),
  "no timer is left",
);
pass(made + 5);
