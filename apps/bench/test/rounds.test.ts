import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, it } from "vitest";
import { digits, figure } from "../src/figure.js";
import type { Answer } from "../src/answer.js";
import type { Contender, Question, Results, Setup } from "../src/question.js";
import { ask } from "../src/rounds.js";
import { tableLines } from "../src/table.js";
import { judge } from "../src/targets.js";

const folder = mkdtempSync(join(tmpdir(), "greenlit-rounds-test-"));
const log = join(folder, "log");
beforeEach(() => writeFileSync(log, ""));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A program that notes that it ran, and does `then`, with `run` counting its runs. */
function contender(who: string, then: string): Contender {
  const code = `
    const fs = require("node:fs");
    fs.appendFileSync(${JSON.stringify(log)}, "${who} ");
    const run = fs.readFileSync(${JSON.stringify(log)}, "utf8").split(" ").filter((w) => w === "${who}").length;
    ${then}`;
  return { who, keys: ["x"], command: [process.execPath, "-e", code] };
}

function measure(contenders: Contender[], rounds: number, budget: number = 100): Answer {
  const rows = [{ key: "x", label: "x", meaning: "An x." }];
  const question: Question = {
    name: "test",
    asks: "What?",
    budget,
    tables: () => [{ title: "Test", unit: "ns", rows }],
    contenders: () => contenders,
    plots: () => [],
  };
  return ask(question, { rounds } as Setup, () => {});
}

const print = (value: string): string => `console.log(JSON.stringify({ x: ${value} }))`;

it("runs all in turn, there and back, and takes the median", () => {
  const { figures } = measure(
    [contender("a", print("[1, 100, 2][run - 1]")), contender("b", print("6"))],
    3,
  );
  expect(readFileSync(log, "utf8")).toBe("a b b a a b ");
  expect(figures["a"]?.["x"]).toMatchObject({ median: 2, low: 1, high: 100, runs: 3 });
  expect(figures["b"]?.["x"]).toMatchObject({ median: 6, spread: 0 });
});

it("says why there is no figure, and goes on with the others", () => {
  const answer = measure(
    [
      contender("a", print("4")),
      contender("fails", `if (run === 2) throw new TypeError("no such thing"); ${print("1")}`),
      contender("mute", print("null")),
      { who: "absent", keys: ["x"], command: [], missing: "it is not installed" },
      { who: "gone", keys: ["x"], command: [join(folder, "nothing")] },
    ],
    3,
  );
  expect(answer.missing["fails"]).toEqual({ x: "TypeError: no such thing" });
  expect(answer.missing["mute"]).toEqual({ x: "printed no x" });
  expect(answer.missing["absent"]).toEqual({ x: "it is not installed" });
  expect(answer.missing["gone"]?.["x"]).toMatch(/nothing|ENOENT/);
  expect(Object.keys(answer.figures["fails"] ?? {})).toEqual([]);
  expect(answer.figures["a"]?.["x"]?.runs).toBe(3);
  const [table] = answer.tables;
  const lines = tableLines(answer, table as NonNullable<typeof table>).join("\n");
  expect(lines).toMatch(/^\| ns +\| +a \|\n/);
  expect(lines).toContain("No figure for fails: TypeError: no such thing");
});

it("begins no round that would last too long, and repeats the dear ones less", () => {
  const dear = { ...contender("dear", print("1")), rounds: 1 };
  expect(measure([contender("a", print("1")), dear], 3).figures).toMatchObject({
    a: { x: { runs: 3 } },
    dear: { x: { runs: 1 } },
  });
  expect(measure([contender("a", print("1"))], 3, 0.001).figures["a"]?.["x"]?.runs).toBe(1);
});

it("shows three digits, and how far the middle half of the runs is apart", () => {
  expect([0.09123, 4.5678, 41.96, 99.96, 999.9, 1286, 0].map(digits)).toEqual([
    "0.0912",
    "4.57",
    "42.0",
    "100",
    "1,000",
    "1,290",
    "0",
  ]);
  expect(figure([10, 8, 12, 9, 11])).toEqual({
    median: 10,
    low: 8,
    high: 12,
    spread: 0.1,
    runs: 5,
  });
});

it("shows differences as they are, below 0 too, and without ratios", () => {
  const rows = [{ key: "x", label: "more", meaning: "An x." }];
  const answer: Answer = {
    name: "test",
    asks: "What?",
    tables: [],
    figures: { a: { x: figure([-2, -2, -4, -1]) }, b: { x: figure([4]) } },
    missing: {},
  };
  const table = { title: "Test", unit: "ns", rows };
  expect(tableLines(answer, { ...table, differences: true }).at(-1)).toBe(
    "| more | -2.00 ±19% | 4.00 |",
  );
  expect(tableLines(answer, table).at(-1)).toContain("4.00, -2.0x");
});

it("judges the targets", () => {
  const who = "greenlit, Node 20";
  const values = (x: Record<string, number>): Record<string, ReturnType<typeof figure>> =>
    Object.fromEntries(Object.entries(x).map(([key, value]) => [key, figure([value])]));
  const answer = (name: string, figures: Answer["figures"]): Answer => ({
    name,
    asks: "",
    tables: [],
    figures,
    missing: {},
  });
  const results: Results = {
    machine: {},
    ours: [who],
    answers: [
      answer("switch", {
        [who]: values({ shallow: 100, create: 601 }),
        "python greenlet": values({ shallow: 200 }),
        "Ruby Fiber": values({ shallow: 99 }),
      }),
      answer("context", {
        [who]: values({ scopeAdds: 60, storeAdds: 60.1 }),
      }),
      answer("sleepers", {
        [who]: values({ sleepers: 200 }),
        gevent: values({ sleepers: 1000 }),
      }),
      answer("echo", {
        [who]: values({ rateEcho64x64: 120, rateEcho64x1000: 119, userEcho64x64: 5 }),
        [`${who}, uring`]: values({ userEcho64x64: 4, userEcho64x1000: 5 }),
        Node: values({
          rateEcho64x64: 100,
          rateEcho64x1000: 100,
          userEcho64x64: 10,
          userEcho64x1000: 10,
        }),
      }),
      answer("http", {
        [who]: values({ rateHttp13: 130, rateHttp10240: 131 }),
        Node: values({ rateHttp13: 100, rateHttp10240: 100 }),
      }),
      answer("crawl", {
        [who]: values({ rateRandom: 2_000, rateTree: 99, inFlight1000: 99, inFlight5000: 100 }),
        "Node, undici and htmlparser2": values({ rateTree: 100 }),
        Scrapy: values({ rateRandom: 200 }),
      }),
    ],
  };
  const found = judge(results).map(({ target, finding }) => [
    target.split(":")[0],
    finding?.met ?? null,
  ]);
  expect(found).toEqual([
    ["one-way switch", true],
    ["one-way switch", false],
    ["create and finish", false],
    ["spawn + join", null],
    ["spawn + joinAll of 100,000", null],
    ["sleep(0)", null],
    ["100,000 short sleeps", true],
    ["the same, the first time in the process", null],
    ["a scavenge with 10,000 parked idle", null],
    ["a scavenge with 100,000 parked idle", null],
    ["asynchronous context, nothing nested", true],
    ["asynchronous context, nothing nested", false],
    ["echo of 64 B, 64 and 1,000 connections, epoll", false],
    ["the same, epoll", null],
    ["the same, epoll", null],
    ["echo of 64 B, 64 and 1,000 connections, uring", null],
    ["the same, uring", null],
    ["the same, uring", true],
    ["files in memory, in a greenlet", null],
    ["readFile of files in memory", null],
    ["files that are not, 64 at a time", null],
    ["HTTP, 13 B and 10 KB", true],
    ["HTTP", null],
    ["green(handler)", null],
    ["crawl, kept on disk", true],
    ["the same", true],
    ["crawl of Python's documentation", false],
    ["a million URLs", null],
    ["1,000 pages in flight", true],
    ["5,000 pages in flight", false],
    ["10,000 pages in flight", null],
  ]);
});
