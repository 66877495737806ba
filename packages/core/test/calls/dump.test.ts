import { expect, it } from "vitest";
import { dump, Event, formatDump, type GreenletDump, sleep, spawn } from "../../src/index.js";
import { green } from "@greenlit/testing";

function find(dumps: readonly GreenletDump[], name: string): GreenletDump | undefined {
  for (const one of dumps) {
    const found = one.name.startsWith(name) ? one : find(one.children, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

it("shows who waits for what, since when, where, and who spawned whom", async () => {
  const event = new Event();
  await green(() => {
    const parent = spawn(function theParent() {
      const child = spawn(function theChild() {
        function innermost(): void {
          event.wait();
        }
        innermost();
      });
      child.join();
    });
    sleep(0);
    sleep(0); // the parent waits, and now the child
    sleep(30);
    const queued = spawn(function theQueued() {});
    const tops = dump();
    const child = find(find(tops, "theParent")?.children ?? [], "theChild");
    expect(child).toMatchObject({
      state: "parked",
      waitsFor: "Event.wait",
      daemon: false,
      children: [],
    });
    expect(child?.waited).toBeGreaterThan(20);
    expect(child?.age).toBeGreaterThan(20);
    expect(child?.stack.join()).toContain("innermost");
    expect(find(tops, "theParent")?.waitsFor).toMatch(/^Greenlet.join of theChild/);
    expect(find(tops, "theQueued")).toMatchObject({ state: "queued", waitsFor: null, stack: [] });
    const running = tops.find(({ state }) => state === "running");
    expect(running?.stack.join("\n")).toContain("dump.test");
    const text = formatDump();
    expect(text).toMatch(/^\d+ greenlets\n/);
    expect(text).toMatch(/theParent-\d+: waits in Greenlet.join of theChild-\d+ for \d+\.\d s/);
    expect(text).toMatch(/\n {4,}theChild-\d+: waits in Event.wait/);
    event.set();
    parent.get();
    queued.get();
  })();
  expect(dump()).toEqual([]);
  expect(formatDump()).toBe("0 greenlets");
});

it("tells of some greenlets alone, in the order asked for", async () => {
  const event = new Event();
  await green(() => {
    const [first, second, third] = ["first", "second", "third"].map((name) => {
      const greenlet = spawn(() => {
        spawn(() => event.wait());
        event.wait();
      });
      greenlet.name = name;
      return greenlet;
    });
    const ended = spawn(() => {});
    ended.join();
    sleep(0);
    const told = dump([third!, ended, first!]);
    expect(told.map(({ name }) => name)).toEqual(["third", "first"]);
    expect(told[0]).toMatchObject({ state: "parked", waitsFor: "Event.wait", children: [] });
    expect(told[0]?.stack.join()).toContain("dump.test");
    event.set();
    second!.get();
  })();
});
