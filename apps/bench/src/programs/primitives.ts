// Primitives at work between greenlets: prints nanoseconds of an operation.
import {
  Channel,
  Event,
  joinAll,
  Pool,
  Queue,
  run,
  select,
  Semaphore,
  sleep,
  spawn,
} from "greenlit";
import { count, nanoseconds } from "./time.js";

/** Both run until both have ended. */
function both(one: () => void, other: () => void): void {
  joinAll([spawn(one), spawn(other)]);
}

function times(n: number, fn: (i: number) => void): () => void {
  return () => {
    for (let i = 0; i < n; i++) fn(i);
  };
}

const queue =
  (maxSize: number) =>
  (n: number): void => {
    const queue = new Queue<number>(maxSize);
    both(
      times(n, (i) => queue.put(i)),
      times(n, () => queue.get()),
    );
  };

function semaphore(n: number): void {
  const semaphore = new Semaphore(1);
  const take = times(n / 10, () => {
    semaphore.acquire();
    sleep(0);
    semaphore.release();
  });
  joinAll(Array.from({ length: 10 }, () => spawn(take)));
}

function event(n: number): void {
  const [ping, pong] = [new Event(), new Event()];
  const player = (mine: Event, other: Event): (() => void) =>
    times(n / 2, () => {
      mine.wait();
      mine.clear();
      other.set();
    });
  ping.set();
  both(player(ping, pong), player(pong, ping));
}

function channel(n: number): void {
  const channel = new Channel<number>();
  both(
    times(n, (i) => channel.send(i)),
    times(n, () => channel.receive()),
  );
}

function selecting(n: number): void {
  const [even, odd] = [new Channel<number>(), new Channel<number>()];
  both(
    times(n, (i) => (i % 2 === 0 ? even : odd).send(i)),
    times(n, () => select([even, odd])),
  );
}

function poolMap(n: number): void {
  const pool = new Pool(100);
  pool.map(() => sleep(0), Array.from({ length: n }));
}

await run(() => {
  const n = count(50_000);
  const result = {
    queue1: nanoseconds(n, queue(1)),
    queue: nanoseconds(n, queue(Infinity)),
    semaphore: nanoseconds(n, semaphore),
    event: nanoseconds(n, event),
    channel: nanoseconds(n, channel),
    select: nanoseconds(n, selecting),
    poolMap: nanoseconds(count(10_000), poolMap),
  };
  console.log(JSON.stringify(result));
});
