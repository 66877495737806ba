import { describe, expect, it } from "vitest";
import { type Entry, type Host, Schedule } from "../src/schedule.js";

let seq = 0;
const entry = (url: string): Entry => ({
  seq: seq++,
  queue: url[0]!,
  url,
  depth: 0,
  referrer: null,
  via: null,
  attempts: 0,
  hops: null,
});

function scheduleOf(urls: readonly string[], limit = 1, delay = 0): Schedule {
  const schedule = new Schedule();
  for (const url of urls) {
    const host = schedule.host(url[0]!);
    host.limit = limit;
    host.delay = delay;
    schedule.push(host, entry(url));
  }
  return schedule;
}

const take = (schedule: Schedule, now: number, allowFresh = true): string | undefined =>
  schedule.take(now, allowFresh)?.entry.url;

describe("Schedule", () => {
  it("takes hosts in turn, each host's URLs in the order they came", () => {
    const schedule = scheduleOf(["a1", "a2", "a3", "b1", "b2", "c1"], 2);
    const order = Array.from({ length: 6 }, () => take(schedule, 0));
    expect(order).toEqual(["a1", "b1", "c1", "a2", "b2", undefined]); // a3: two of a are out
    schedule.release(schedule.host("a"));
    expect(take(schedule, 0)).toBe("a3");
    expect(schedule.fresh).toBe(0);
  });

  it("spaces the requests to a host and says when the next may go", () => {
    const schedule = scheduleOf(["a1", "a2", "a3", "b1"], 5, 100);
    expect([take(schedule, 1_000), take(schedule, 1_000), take(schedule, 1_000)]).toEqual([
      "a1",
      "b1",
      undefined,
    ]);
    expect(schedule.nextAt).toBe(1_100);
    expect(take(schedule, 1_099.9)).toBe(undefined);
    expect(take(schedule, 1_100)).toBe("a2");
    expect(schedule.nextAt).toBe(1_200);
  });

  it("obeys a pause that comes when the host is scheduled already", () => {
    const schedule = scheduleOf(["a1"]);
    schedule.host("a").pausedUntil = 500;
    expect(take(schedule, 0)).toBe(undefined);
    expect(schedule.nextAt).toBe(500);
    expect(take(schedule, 500)).toBe("a1");
  });

  it("gives retries at their time, before fresh URLs", () => {
    const schedule = scheduleOf(["a1", "a2"]);
    const first = schedule.take(0, true)!;
    schedule.pushRetry(first.host, first.entry, 50);
    schedule.release(first.host);
    expect([schedule.fresh, schedule.retries]).toEqual([1, 1]);
    expect(take(schedule, 50)).toBe("a1");
    schedule.release(first.host);
    expect(take(schedule, 50)).toBe("a2");
  });

  it("gives retries alone when nothing fresh is allowed, and the fresh ones later", () => {
    const schedule = scheduleOf(["a1", "a2", "b1"]);
    const first = schedule.take(0, true)!;
    schedule.pushRetry(first.host, first.entry, 10);
    schedule.release(first.host);
    expect(take(schedule, 5, false)).toBe(undefined);
    expect(schedule.nextAt).toBe(10);
    expect(take(schedule, 10, false)).toBe("a1");
    schedule.release(first.host);
    expect(take(schedule, 20, false)).toBe(undefined);
    expect([take(schedule, 20), take(schedule, 20)].sort()).toEqual(["a2", "b1"]);
  });

  it("keeps a host's places for those who arrive by redirect", () => {
    const schedule = scheduleOf(["a1", "b1"]);
    const host = schedule.host("a");
    host.arrivals = 1;
    schedule.update(host);
    expect([take(schedule, 0), take(schedule, 0)]).toEqual(["b1", undefined]);
    schedule.occupy(host, 0);
    host.arrivals = 0;
    schedule.release(host);
    expect(take(schedule, 0)).toBe("a1");
  });

  it("keeps the head of a long queue only, and asks for more in time", () => {
    const schedule = new Schedule();
    const host = schedule.host("a");
    const all = Array.from({ length: 2_500 }, (_, i) => entry(`a${i}`));
    for (const it of all) schedule.push(host, it);
    expect([schedule.fresh, host.fresh.size, schedule.window]).toEqual([2_500, 1_000, 1_000]);
    const order: string[] = [];
    while (order.length < 2_500) {
      const next = schedule.take(0, true)!;
      order.push(next.entry.url);
      schedule.release(next.host);
      expect(schedule.hungry.size).toBe(host.isSpilled && host.fresh.size <= 500 ? 1 : 0);
      if (schedule.hungry.size === 0) continue;
      const from = all.findIndex(({ seq }) => seq > host.loaded);
      schedule.refill(host, all.slice(from, from + schedule.window - host.fresh.size));
      expect(schedule.hungry.size).toBe(0);
    }
    expect(order).toEqual(all.map(({ url }) => url));
    expect(schedule.fresh).toBe(0);
  });

  it("goes on with hosts whose queues are in the store", () => {
    const schedule = new Schedule();
    const waiting = [entry("a7"), entry("a8")];
    schedule.restore("a", waiting[1]!.seq);
    schedule.counted(2);
    expect(take(schedule, 0)).toBe(undefined);
    const [host] = schedule.hungry;
    schedule.refill(host!, waiting);
    expect(take(schedule, 0)).toBe("a7");
    expect([schedule.fresh, schedule.hungry.size]).toEqual([1, 0]);
  });

  it("serves many hosts in good time", () => {
    /** Milliseconds of the processor for five URLs of each host. */
    const serve = (hosts: number): number => {
      const urls = Array.from(
        { length: 5 * hosts },
        (_, i) => String.fromCodePoint(0x4e00 + (i % hosts)) + i,
      );
      const before = process.cpuUsage();
      const schedule = new Schedule();
      const stored = new Map<Host, Entry[]>();
      for (const url of urls) {
        const host = schedule.host(url[0]!);
        const it = entry(url);
        schedule.push(host, it);
        if (host.loaded === it.seq) continue;
        const waiting = stored.get(host);
        if (waiting === undefined) stored.set(host, [it]);
        else waiting.push(it);
      }
      const taken = new Set<string>();
      while (schedule.fresh > 0) {
        for (let next = schedule.take(0, true); next; next = schedule.take(0, true)) {
          taken.add(next.entry.url);
          schedule.release(next.host);
        }
        for (const host of schedule.hungry) {
          schedule.refill(host, stored.get(host)!.splice(0, schedule.window));
        }
      }
      expect(taken.size).toBe(urls.length);
      return process.cpuUsage(before).user / 1000;
    };
    serve(1_000); // compiles it
    let few = 0;
    for (let i = 0; i < 40; i++) few += serve(1_000);
    // As many URLs: it would be forty times if each step looked at all hosts.
    expect(serve(40_000)).toBeLessThan(25 * few);
  });
});
