// Each clause of the conformance suite finds a backend that breaks it.
import { closeSync, openSync, writeSync } from "node:fs";
import { sleep, spawn } from "@greenlit/core";
import { createBackend, system } from "@greenlit/backend";
import { checkClause, CLAUSES } from "@greenlit/backend/conformance";
import { pass, same } from "@greenlit/testing/program";

const calls = system();

/** `target`, with some of its methods in place of its own. */
function changed(target, methods) {
  return new Proxy(target, {
    get(_, key) {
      if (Object.hasOwn(methods, key)) return methods[key];
      const value = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** A backend whose descriptors have other methods. */
const descriptors = (methods) => () => {
  const backend = createBackend("poll");
  return changed(backend, { register: (fd) => wrapped(backend.register(fd), methods) });
};

function wrapped(descriptor, methods) {
  return changed(descriptor, methods(descriptor));
}

/** A backend with another `register`. */
const registering = (register) => () => {
  const backend = createBackend("poll");
  return changed(backend, { register: (fd) => register(backend, fd) });
};

const shared = Buffer.alloc(65_536);

/** How each clause is broken. */
const BROKEN = {
  "uses no processor while all wait": registering((backend, fd) => {
    const spin = () => {
      if (backend.stats().registered > 0) setImmediate(spin);
    };
    setImmediate(spin);
    return backend.register(fd);
  }),
  "lets the loop go on": descriptors(() => ({ receive: () => null })),
  "refuses what is not open": registering(() => ({})),
  "refuses what it cannot wait for": registering((_, fd) => {
    calls.prepare(fd);
    throw Object.assign(new Error("EPERM"), { code: "EPERM" });
  }),
  "refuses what it has": () => {
    const known = new Map();
    const backend = createBackend("poll");
    return changed(backend, {
      register(fd) {
        if (!known.has(fd)) known.set(fd, backend.register(fd));
        return known.get(fd);
      },
    });
  },
  "ends when all descriptors are gone": () => changed(createBackend("poll"), { close() {} }),
  "an interrupted wait leaves nothing behind": descriptors((one) => ({
    receive(max, what, options) {
      try {
        return one.receive(max, what, options);
      } catch (error) {
        spawn(() => one.receive(max, what)); // takes what comes, for nobody
        throw error;
      }
    },
  })),
  "one greenlet for each direction": descriptors((one) => ({
    // It steals the turn of the first.
    wait: () => one.release(),
  })),
  "what fails throws the system's error": descriptors((one) => ({
    receive(max, what, options) {
      try {
        return one.receive(max, what, options);
      } catch {
        throw new Error("it failed");
      }
    },
  })),
  "a closed descriptor": descriptors((one) => ({ send: () => one.fd })),
  "wait returns when something would not block": descriptors(() => ({ wait: () => sleep(1) })),
  "accept gives connections": descriptors((one) => ({
    accept(what, options) {
      closeSync(one.accept(what, options));
      return openSync("/dev/null", "r");
    },
  })),
  "connect waits for the answer": descriptors((one) => ({
    connect: (address) => calls.connect(one.fd, address),
  })),
  "receive gives bytes of its own, and null at the end": descriptors((one) => ({
    receive(max, what, options) {
      const data = one.receive(max, what, options);
      if (data === null) return null;
      data.copy(shared);
      return shared.subarray(0, data.length);
    },
  })),
  "send sends all of it": descriptors((one) => ({
    send(data, what, options) {
      try {
        one.send(data, what, options);
      } catch (error) {
        error.sent = 0;
        throw error;
      }
    },
  })),
  "datagrams, also empty ones": descriptors((one) => ({
    receiveFrom(max, what, options) {
      const datagram = one.receiveFrom(max, what, options);
      return datagram.data.length > 0 ? datagram : null;
    },
  })),
  "close throws into who waits": descriptors((one) => ({ close: () => one.close() })),
  "a number that is used again": descriptors((one) => ({
    close(error) {
      one.release(error); // and leaves it open
    },
  })),
  "release leaves it open": descriptors((one) => ({
    release(error) {
      const { fd } = one;
      one.close(error);
      return fd;
    },
  })),
};

same(Object.keys(BROKEN), Object.keys(CLAUSES), "each clause is broken once");
let missed = 0;
process.on("uncaughtException", () => {}); // what the broken ones leave behind
for (const [title, open] of Object.entries(BROKEN)) {
  let found = null;
  await checkClause(CLAUSES[title].check, open).catch((error) => (found = error));
  if (found === null) missed++;
  writeSync(1, `${title}: ${found === null ? "NOT FOUND" : "found"}\n`);
}
if (missed === 0) pass(1);
process.exit(missed === 0 ? 0 : 1); // some are in the middle of their waits
