import { AsyncResource } from "node:async_hooks";
import { expect, it } from "vitest";
import {
  AsyncResult,
  Channel,
  Event,
  getHub,
  type Greenlet,
  joinAll,
  Queue,
  select,
  Semaphore,
  sleep,
  spawn,
  wait,
} from "../../src/index.js";
import { Links } from "../../src/hub/links.js";
import { green, turns } from "@greenlit/testing";

function fill(): { links: Links<number>; ran: string[]; a: () => void; b: () => void } {
  const ran: string[] = [];
  const a = (): void => void ran.push("a");
  const b = (): void => void ran.push("b");
  const links = new Links<number>(7);
  for (const fn of [a, b, a]) links.add(fn);
  return { links, ran, a, b };
}

it("runs each once on the hub, in the order in which they were added, twice what was added twice", async () => {
  const { links, ran } = fill();
  links.fire();
  links.fire();
  expect(ran).toEqual([]);
  await turns(2);
  links.fire();
  await turns(2);
  expect(ran).toEqual(["a", "b", "a"]);
});

it("gives them the target", async () => {
  const links = new Links<number>(7);
  const seen: number[] = [];
  links.add((target) => seen.push(target));
  links.fire();
  await turns(2);
  expect(seen).toEqual([7]);
});

it("takes back the oldest link of a function, and nothing for one that it does not have", async () => {
  const { links, ran, a } = fill();
  links.remove(a);
  links.remove(() => {});
  links.fire();
  await turns(2);
  expect(ran).toEqual(["b", "a"]);
});

it("does not run one that is taken back when it is queued already, by another of them too", async () => {
  const { links, ran, a, b } = fill();
  const last = (): void => {
    links.remove(a);
    links.remove(a);
    links.remove(last);
  };
  links.remove(a);
  links.remove(a);
  links.add(last);
  links.add(a);
  links.add(b);
  links.fire();
  links.remove(b);
  await turns(2);
  expect(ran).toEqual(["b"]);
});

it("keeps one that is added while the others run for the next time", async () => {
  const { links, ran, b } = fill();
  links.add(() => links.add(b));
  links.fire();
  await turns(2);
  expect(ran).toEqual(["a", "b", "a"]);
  links.fire();
  await turns(2);
  expect(ran).toEqual(["a", "b", "a", "b"]);
});

it(
  "serves all that can be waited for: a link to what is ready is called soon, and can be taken back until then",
  green(() => {
    const event = new Event();
    const result = new AsyncResult();
    const semaphore = new Semaphore(1);
    const queue = new Queue();
    const channel = new Channel(1);
    const greenlet = spawn(() => {});
    greenlet.join();
    event.set();
    result.set(1);
    queue.put(1);
    channel.send(1);
    const calls: string[] = [];
    const stays = (target: object): void => void calls.push(target.constructor.name);
    const goes = (): void => void calls.push("taken back");
    const all = [event, result, semaphore, queue, channel, greenlet];
    for (const each of all) {
      each.link(goes);
      each.link(stays);
      each.unlink(goes);
    }
    sleep(0);
    sleep(0);
    expect(calls).toEqual(all.map((each) => each.constructor.name));
  }),
);

it.each(["join", "get", "joinAll", "wait", "select"] as const)(
  "a link to a greenlet and %s come in the order in which they were added",
  (how) =>
    green(() => {
      const order: string[] = [];
      const mayEnd = new Event();
      const g = spawn(() => mayEnd.wait());
      const waits = (): unknown => {
        if (how === "join") return g.join();
        if (how === "get") return g.get();
        if (how === "joinAll") return joinAll([g]);
        if (how === "wait") return wait(g);
        return select([g]);
      };
      const waiting = (name: string): Greenlet => {
        const one = spawn(() => {
          waits();
          order.push(name);
        });
        sleep(0);
        return one as Greenlet;
      };
      g.link(() => order.push("link 1"));
      const first = waiting("wait 1");
      g.link(() => order.push("link 2"));
      const second = waiting("wait 2");
      g.link(() => order.push("link 3"));
      mayEnd.set();
      joinAll([first, second]);
      sleep(0);
      expect(order).toEqual(["link 1", "wait 1", "link 2", "wait 2", "link 3"]);
    })(),
);

it(
  "so do they for an AsyncResult and an Event",
  green(() => {
    for (const one of [new AsyncResult(), new Event()]) {
      const order: string[] = [];
      one.link(() => order.push("link 1"));
      const g = spawn(() => {
        one.wait();
        order.push("wait");
      });
      sleep(0);
      one.link(() => order.push("link 2"));
      one.set(1 as never);
      g.join();
      sleep(0);
      expect(order).toEqual(["link 1", "wait", "link 2"]);
    }
  }),
);

it("what a function linked to a greenlet throws is told as its own error, and the others are called", async () => {
  const hub = getHub();
  const { onError } = hub;
  const seen: unknown[][] = [];
  const error = new Error("in the link");
  hub.onError = (...told) => void seen.push(told);
  try {
    const g = spawn(() => "fine");
    const broken = (): never => {
      throw error;
    };
    let called = false;
    g.link(broken);
    g.link(() => (called = true));
    await g;
    await turns(2);
    expect(seen).toEqual([[g, error, broken]]);
    expect([g.successful, called]).toEqual([true, true]);
  } finally {
    hub.onError = onError;
  }
});

it("and printed so", () => {
  const written: string[] = [];
  const { write } = process.stderr;
  process.stderr.write = ((text: string) => written.push(text) > 0) as typeof write;
  try {
    const told = {
      name: "worker-1",
      spawnSite: "at main",
      spawnedBy: null,
      resource: new AsyncResource("test"),
    } as unknown as Greenlet;
    const { onError } = getHub();
    onError(told, "boom", function broken() {});
    onError(told, "boom");
    const silent = Object.defineProperty(new Error("x"), "stack", {
      get() {
        throw new Error("no stack");
      },
    });
    onError(told, silent);
  } finally {
    process.stderr.write = write;
  }
  expect(written.slice(0, 2)).toEqual([
    'greenlit: the function "broken" linked to greenlet "worker-1" threw\n\'boom\'\n',
    "greenlit: greenlet \"worker-1\" failed, spawned at main\n'boom'\n",
  ]);
  expect(written[2]).toMatch(/greenlet "worker-1" failed[^]*(cannot be shown|\[Error: x\])/);
});
