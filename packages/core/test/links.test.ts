import { expect, it } from "vitest";
import { AsyncResult, Channel, Event, Queue, Semaphore, sleep, spawn } from "../src/index.js";
import { Links } from "../src/links.js";
import { green, turns } from "@greenlit/testing";

function fill(): { links: Links<number>; ran: string[]; a: () => void; b: () => void } {
  const ran: string[] = [];
  const a = (): void => void ran.push("a");
  const b = (): void => void ran.push("b");
  const links = new Links<number>();
  for (const fn of [a, b, a]) links.add(fn);
  return { links, ran, a, b };
}

it("runs each once on the hub, in the order in which they were added, twice what was added twice", async () => {
  const { links, ran } = fill();
  links.fire(0);
  links.fire(0);
  expect(ran).toEqual([]);
  await turns(2);
  links.fire(0);
  await turns(2);
  expect(ran).toEqual(["a", "b", "a"]);
});

it("gives them the target", async () => {
  const links = new Links<number>();
  const seen: number[] = [];
  links.add((target) => seen.push(target));
  links.fire(7);
  await turns(2);
  expect(seen).toEqual([7]);
});

it("takes back the oldest link of a function, and nothing for one that it does not have", async () => {
  const { links, ran, a } = fill();
  links.remove(a);
  links.remove(() => {});
  links.fire(0);
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
  links.fire(0);
  links.remove(b);
  await turns(2);
  expect(ran).toEqual(["b"]);
});

it("keeps one that is added while the others run for the next time", async () => {
  const { links, ran, b } = fill();
  links.add(() => links.add(b));
  links.fire(0);
  await turns(2);
  expect(ran).toEqual(["a", "b", "a"]);
  links.fire(0);
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
