import { run, sleep, spawn } from "greenlit";
import { expect, it } from "vitest";
import { Broadcast, serverSentEvent } from "../../src/dashboard/event-stream.js";
import { EventParser } from "../../src/dashboard/page/event-parser.js";

it("an event comes out of the parser as it went in, wherever the pieces end", () => {
  const data = { text: "a\n\nb: ü\u2028", list: [1] };
  const bytes = serverSentEvent("tick", data) + serverSentEvent("end", null);
  for (const size of [1, 2, 7, 1_000]) {
    const parser = new EventParser();
    const events = [];
    for (let at = 0; at < bytes.length; at += size) {
      events.push(...parser.push(bytes.slice(at, at + size)));
    }
    expect(events.map(({ name }) => name)).toEqual(["tick", "end"]);
    expect(JSON.parse(events[0]!.data)).toEqual(data);
  }
});

it("a slow reader misses what came meanwhile, and all get the last word", async () => {
  await run(() => {
    const news = new Broadcast();
    const read = (ms: number): string[] => {
      const seen: string[] = [];
      for (const message of news.read()) {
        seen.push(message);
        sleep(ms);
      }
      return seen;
    };
    const [quick, slow] = [spawn(read, 0), spawn(read, 60)];
    sleep(5);
    expect(news.readers).toBe(2);
    for (const message of ["1", "2", "3"]) {
      news.send(message);
      sleep(5);
    }
    sleep(80);
    news.send("4");
    sleep(5);
    news.end("last");
    expect(quick.get()).toEqual(["1", "2", "3", "4", "last"]);
    expect(slow.get().at(-1)).toBe("last");
    expect(slow.get().length).toBeLessThan(5);
    expect(news.readers).toBe(0);
    expect([...news.read()]).toEqual(["last"]); // who comes late
  });
});
