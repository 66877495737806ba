// Many pairs of greenlets send and receive pieces of all sizes, with calls that time out, or find
// their descriptor closed meanwhile: no byte is lost, none comes twice, and the numbers of what was
// sent are right. With every driver.
import { run, sleep, spawn } from "@greenlit/core";
import { availableBackends, createBackend, system } from "@greenlit/backend";
import { check, pass, same, scaled, unless } from "@greenlit/testing/program";

const calls = system();
const seed = Number(process.argv[2] ?? Date.now() % 1e6);
let state = seed;

/** The same numbers for the same seed: a whole number from 0 to less than `limit`. */
function random(limit) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * limit);
}

/** What the byte at this place of a stream is. */
const byteAt = (i) => (i * 31 + (i >> 8)) & 255;

function options() {
  return random(3) === 0 ? { timeout: random(3) } : undefined;
}

const OVER = new Set(["ERR_GREENLIT_DESCRIPTOR_CLOSED", "EPIPE", "ECONNRESET"]);

/** Calls `fn`. @returns false when the descriptor is no more. */
function attempt(fn, interrupted) {
  try {
    fn();
  } catch (error) {
    if (OVER.has(error.code)) return false;
    if (error.code !== "ERR_GREENLIT_TIMEOUT") throw error;
    interrupted(error);
  }
  return true;
}

function session(backend) {
  const [one, other] = calls.socketPair(1).map((fd) => backend.register(fd));
  let [sent, received, ended] = [0, 0, false];
  const writer = spawn(() => {
    while (sent < 200_000) {
      const size = 1 + random(random(10) === 0 ? 100_000 : 200);
      const data = Buffer.from(Array.from({ length: size }, (_, i) => byteAt(sent + i)));
      let count = size;
      const goesOn = attempt(
        () => one.send(data, "send", options()),
        (error) => (count = error.sent ?? 0),
      );
      if (!goesOn) return;
      sent += count;
    }
    calls.shutdown(one.fd, 1);
  });
  const reader = spawn(() => {
    const take = () => {
      const data = other.receive(1 + random(5000), "receive", options());
      ended = data === null;
      for (const byte of data ?? []) {
        if (byte !== byteAt(received)) throw new Error(`seed ${seed}: byte ${received} is wrong`);
        received++;
      }
    };
    while (!ended && attempt(take, () => {}));
  });
  if (random(3) === 0) {
    sleep(random(4));
    (random(2) === 0 ? one : other).close();
  }
  writer.get();
  if (one.fd >= 0 && other.fd >= 0) {
    reader.get();
    check(ended && received === sent, `seed ${seed}: ${received} of ${sent} bytes arrive`);
  }
  one.close();
  other.close();
  reader.get();
}

const drivers = availableBackends().filter(({ name, reason }) => {
  return unless(reason ?? false, `the backend ${name}`);
});
for (const { name } of drivers) {
  await run(() => {
    const backend = createBackend(name);
    const all = Array.from({ length: scaled(20) }, () =>
      spawn(() => {
        for (let i = 0; i < scaled(4); i++) session(backend);
      }),
    );
    for (const one of all) one.get();
    const { registered, waiting, underWay = 0 } = backend.stats();
    same([registered, waiting, underWay], [0, 0, 0], `${name}: what is left, with seed ${seed}`);
    backend.close();
  });
}
pass(5 * drivers.length);
