// The table of docs/from-gevent.md has every name of gevent, and what it names of ours is there.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as greenlit from "greenlit";
import { run } from "greenlit";
import { ROOT } from "./support/examples.js";

/** Public names by module and class, as gevent 22.10.2 and greenlet 2.0.2 list them. */
const NAMES = JSON.parse(readFileSync(`${ROOT}test/gevent-names.json`, "utf8")) as Record<
  string,
  string[]
>;
const page = readFileSync(`${ROOT}docs/from-gevent.md`, "utf8");

/** One of ours for each class of theirs. */
const OURS: Record<string, () => object> = {
  "gevent.Greenlet": () => greenlit.getCurrent() as object,
  "gevent.Timeout": () => new greenlit.Timeout(null),
  "gevent.event.Event": () => new greenlit.Event(),
  "gevent.event.AsyncResult": () => new greenlit.AsyncResult(),
  "gevent.queue.JoinableQueue": () => new greenlit.Queue(),
  "gevent.queue.Channel": () => new greenlit.Channel(),
  "gevent.lock.Semaphore": () => new greenlit.Semaphore(),
  "gevent.lock.RLock": () => new greenlit.RLock(),
  "gevent.pool.Pool": () => new greenlit.Pool(),
  "gevent.hub.Hub": () => greenlit.getHub(),
  "greenlet.greenlet": () => new greenlit.RawGreenlet(() => {}),
};

const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((text) => {
      const [heading = ""] = text.split("\n");
      const rows = [...text.matchAll(/^\| (`.*?) +\| (.*?) +\|/gm)];
      return [heading, rows.map(([, theirs = "", ours = ""]) => ({ theirs, ours }))] as const;
    }),
);

const spans = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, s = ""]) => s);

describe.each(Object.entries(NAMES))("%s", (heading, names) => {
  const rows = sections.get(heading) ?? [];

  it("has all its names in the table, each once", () => {
    expect(rows.flatMap(({ theirs }) => spans(theirs)).sort()).toEqual([...names].sort());
  });

  it("has a counterpart that exists, or none", async () => {
    const object = (await run(() => ({ made: OURS[heading]?.() }))).made;
    for (const { theirs, ours } of rows) {
      if (ours === "none") continue;
      const named = spans(ours);
      expect(named.length, theirs).toBeGreaterThan(0);
      let module: object = greenlit;
      for (const name of named) {
        if (/^(greenlit\/|node:)/.test(name)) module = (await import(name)) as object;
        else if (name.startsWith(".")) expect(name.slice(1) in (object as object), name).toBe(true);
        else expect(name in module || name in defaultOf(module), `${theirs}: ${name}`).toBe(true);
      }
    }
  });
});

/** `node:process` gives `on` only there. */
function defaultOf(module: object): object {
  return (module as { default?: object }).default ?? {};
}

it("names everything that greenlit exports, with a counterpart or without", () => {
  const named = new Set(spans(page.slice(page.indexOf("## gevent"))));
  for (const name of Object.keys(greenlit)) expect(named, name).toContain(name);
});
