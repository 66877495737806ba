// An import changes nothing in Node, and listens to nothing. With the first greenlet comes what
// greenlets need: each change is in the ledger, and nothing else has changed.
import { builtinModules, createRequire } from "node:module";
import { pass, same } from "@greenlit/testing/program";

const require = createRequire(import.meta.url);

process.noDeprecation = true;

/** Node makes some properties when they are first read. */
function readOnce(object, key) {
  try {
    void object[key];
  } catch {}
}

/**
 * Every function that a program can reach by a property: of modules, their classes, and globals.
 */
function functions() {
  const found = new Map();
  const look = (module, object, path, depth) => {
    for (const key of Reflect.ownKeys(object)) {
      if (typeof key !== "string" || key === "constructor") continue;
      if (depth > 0) readOnce(object, key);
      const { value } = Object.getOwnPropertyDescriptor(object, key);
      const name = path === "" ? key : `${path}.${key}`;
      if (typeof value !== "function" || value === object) continue;
      found.set(`${module}\n${name}`, value);
      if (depth > 0 && value.prototype) look(module, value.prototype, `${name}.prototype`, 0);
    }
  };
  const skipped = /^(_|sys$|punycode$|node:|wasi$|sqlite$|trace_events$|inspector\/promises$)/;
  for (const name of builtinModules.filter((one) => !skipped.test(one))) {
    const module = require(name);
    look(name, module, "", 1);
    if (typeof module === "function" && module.prototype) {
      look(name, module.prototype, "prototype", 0);
    }
  }
  look("globalThis", globalThis, "", 1);
  return found;
}

function listeners() {
  return Object.fromEntries(
    ["exit", "beforeExit", "uncaughtException", "unhandledRejection", "SIGINT", "warning"].map(
      (event) => [event, process.listenerCount(event)],
    ),
  );
}

function changes(before, after) {
  return [...after].filter(([id, value]) => before.get(id) !== value).map(([id]) => id);
}

const before = functions();
const heard = listeners();
const { run, sleep } = await import("@greenlit/core");
const { ledger } = await import("@greenlit/core/ledger");
same(changes(before, functions()), [], "changed by the import");
same(listeners(), heard, "listeners added by the import");

await run(() => sleep(1));
const changed = changes(before, functions());
const unknown = changed.filter((id) => ledger.find(...id.split("\n"), "core") === undefined);
same(unknown, [], "changed by greenlets, and not in the ledger");
for (const id of changed) same(ledger.find(...id.split("\n")).before, before.get(id), id);
pass(changed.length);
