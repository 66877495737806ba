// What one waiter more costs beside N others: prints nanoseconds of its coming and going.
import {
  Event,
  type Greenlet,
  joinAll,
  Queue,
  run,
  Semaphore,
  sleep,
  spawn,
  Timeout,
} from "greenlit";
import { random } from "./random.js";
import { nanoseconds } from "./time.js";

const n = Number(process.argv[2]);
const HOUR = 3_600_000;

const below = random();

/** Spawns all, and lets them come to where they wait. */
function waiting(fn: () => void): Greenlet[] {
  const all = Array.from({ length: n }, () => spawn(fn) as Greenlet);
  sleep(0);
  return all;
}

/** They hold nothing any more when the next is measured. */
function end(all: readonly Greenlet[]): void {
  for (const greenlet of all) greenlet.kill(undefined, { block: false });
  joinAll(all);
}

function timers(): number {
  const all = Array.from({ length: n }, () => new Timeout(HOUR + below(HOUR)));
  const ns = nanoseconds(20_000, (count) => {
    for (let i = 0; i < count; i++) {
      const at = below(n);
      all[at]?.cancel();
      all[at] = new Timeout(HOUR + below(HOUR));
    }
  });
  for (const timeout of all) timeout.cancel();
  return ns;
}

function kills(): number {
  const queue = new Queue();
  const get = (): void => void queue.get();
  const all = waiting(get);
  const ns = nanoseconds(20_000, (count) => {
    for (let i = 0; i < count; i++) {
      const at = below(n);
      all[at]?.kill();
      all[at] = spawn(get);
      if (i % 10 === 0) sleep(0);
    }
    sleep(0);
  });
  end(all);
  return ns;
}

function timeouts(): number {
  const semaphore = new Semaphore(0);
  const all = waiting(() => void semaphore.acquire({ timeout: HOUR + below(HOUR) }));
  const impatient = (): boolean => semaphore.acquire({ timeout: 1 + below(10) });
  const ns = nanoseconds(20_000, (count) => {
    joinAll(Array.from({ length: count }, () => spawn(impatient)));
  });
  end(all);
  return ns;
}

function links(): number {
  const event = new Event();
  const all = Array.from({ length: n }, () => (): void => {});
  for (const fn of all) event.link(fn);
  return nanoseconds(20_000, (count) => {
    for (let i = 0; i < count; i++) {
      const fn = all[below(n)] as () => void;
      event.unlink(fn);
      event.link(fn);
    }
  });
}

await run(() => {
  const result = {
    [`timer${n}`]: timers(),
    [`kill${n}`]: kills(),
    [`timeout${n}`]: timeouts(),
    [`link${n}`]: links(),
  };
  console.log(JSON.stringify(result));
});
