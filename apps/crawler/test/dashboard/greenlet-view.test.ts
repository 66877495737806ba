import { Event, run, sleep, spawn } from "greenlit";
import { expect, it } from "vitest";
import { GreenletView, parseFrame } from "../../src/dashboard/greenlet-view.js";
import { enter, Flights } from "../../src/flights.js";
import type { Entry } from "../../src/schedule.js";

const ENTRY: Entry = {
  seq: 0,
  queue: "a",
  via: null,
  url: "http://a/",
  depth: 0,
  referrer: null,
  attempts: 1,
  hops: null,
};
const query = { filter: "", sort: "age", descending: true, limit: 2 };

it("tells where each page is blocked, the oldest first, and takes no more stacks than rows", async () => {
  await run(() => {
    const [flights, event] = [new Flights(), new Event()];
    const visit = (i: number): void => {
      const url = `http://a/${i}`;
      flights.during({ ...ENTRY, url, depth: i }, () => {
        enter(i === 1 ? "body" : "headers");
        waitHere(event);
      });
    };
    for (let i = 0; i < 5; i++) {
      spawn(visit, i);
      sleep(2);
    }
    const view = new GreenletView(flights);
    const { total, rows } = view.select(query);
    expect(total).toBe(5);
    expect(rows.map(({ url }) => url)).toEqual(["http://a/0", "http://a/1"]);
    expect(rows[1]).toMatchObject({ phase: "body", waitsFor: "Event.wait" });
    expect(rows[1]!.at).toMatch(/^waitHere greenlet-view\.test\.ts:\d+$/);
    expect(rows[0]!.age).toBeGreaterThan(rows[1]!.age);
    const found = view.select({ ...query, filter: "body" });
    expect(found.rows.map(({ url }) => url)).toEqual(["http://a/1"]);
    const { id, url } = found.rows[0]!;
    const stack = view.stack(id, url)!;
    expect(stack).toMatchObject({ depth: 1, hasEnded: false, at: rows[1]!.at });
    expect(stack.frames.some(({ call, isOwn }) => call === "waitHere" && isOwn)).toBe(true);
    event.set();
    sleep(5);
    expect(view.stack(id, url)).toMatchObject({ hasEnded: true, at: rows[1]!.at });
    expect(view.stack(id, "http://another/")).toBe(null);
  });
});

it("is ready to run, and has no place, when nothing blocks it", async () => {
  await run(() => {
    const flights = new Flights();
    spawn(() => flights.during(ENTRY, () => sleep(0)));
    sleep(0);
    const { rows } = new GreenletView(flights).select(query);
    expect(rows).toMatchObject([{ url: "http://a/", waitsFor: null, at: "" }]);
  });
});

it.each([
  ["at Client.get (file:///x/node_modules/y/client.js:9:5)", "Client.get", false],
  ["at /srv/app/main.mjs:3:7", "(anonymous)", true],
  ["at async main (/srv/app/main.mjs:3:7)", "async main", true],
  ["at node:internal/timers:5:1", "(anonymous)", false],
  ["at Array.map (<anonymous>)", "Array.map", false],
  [`at visit (${new URL("../../src/crawler.ts", import.meta.url).href}:1:1)`, "visit", true],
])("%s", (frame, call, isOwn) => {
  expect(parseFrame(frame)).toMatchObject({ call, isOwn });
});

it("writes places from the package's or the program's folder on", () => {
  const crawler = new URL("../../src/crawler.ts:1:2", import.meta.url).href;
  expect(parseFrame(`at x (${crawler})`).place).toBe("@greenlit/crawler/src/crawler.ts:1:2");
  expect(parseFrame(`at x (${process.cwd()}/a/b.mjs:3:4)`).place).toBe("a/b.mjs:3:4");
  expect(parseFrame("at x (/elsewhere/b.mjs:3:4)").place).toBe("/elsewhere/b.mjs:3:4");
});

function waitHere(event: Event): void {
  event.wait();
}
