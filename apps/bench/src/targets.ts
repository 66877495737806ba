import { digits, ratio } from "./figure.js";
import type { Results } from "./question.js";
import { gridLines } from "./table.js";

interface Finding {
  readonly met: boolean;
  /** The figures that decide. */
  readonly shows: string;
}

/** The median of a key in an answer; undefined when it was not measured. */
type Look = (question: string, who: string, key: string) => number | undefined;

interface Target {
  readonly text: string;
  /** Null where it was not measured. */
  judge(look: Look, who: string): Finding | null;
}

function below(text: string, unit: string, question: string, key: string, limit: number): Target {
  return {
    text,
    judge(look, who) {
      const value = look(question, who, key);
      return value === undefined ? null : { met: value < limit, shows: `${digits(value)} ${unit}` };
    },
  };
}

function atLeast(
  text: string,
  unit: string,
  [question, key]: readonly [string, string],
  limit: number,
): Target {
  return {
    text,
    judge(look, who) {
      const value = look(question, who, key);
      return value === undefined
        ? null
        : { met: value >= limit, shows: `${digits(value)} ${unit}` };
    },
  };
}

/** The peer takes at least, or more than, so many times as long. */
function faster(
  text: string,
  question: string,
  key: string,
  peer: string,
  enough: (times: number) => boolean,
): Target {
  return {
    text,
    judge(look, who) {
      const [ours, theirs] = [look(question, who, key), look(question, peer, key)];
      if (ours === undefined || theirs === undefined) return null;
      const shows = `${digits(ours)} against ${digits(theirs)}, ${ratio(theirs / ours)}`;
      return { met: enough(theirs / ours), shows };
    },
  };
}

/** Each of these figures is at least so many times the peer's; or, as a limit, at most. */
function times(
  text: string,
  question: string,
  keys: readonly string[],
  [ours, peer]: readonly [(who: string) => string, string],
  limit: { readonly least: number } | { readonly most: number },
): Target {
  return {
    text,
    judge(look, who) {
      const ratios = keys.map(
        (key) => (look(question, ours(who), key) ?? NaN) / (look(question, peer, key) ?? NaN),
      );
      if (ratios.some(Number.isNaN)) return null;
      const met = ratios.every((one) =>
        "least" in limit ? one >= limit.least : one <= limit.most,
      );
      return { met, shows: ratios.map(ratio).join(", ") };
    },
  };
}

const itself = (who: string): string => who;
const ring = (who: string): string => `${who}, uring`;
const ECHO = ["rateEcho64x64", "rateEcho64x1000"];
const HTTP = ["rateHttp13", "rateHttp10240"];

function adds(text: string, key: string, limit: number): Target {
  return {
    text,
    judge(look, who) {
      const more = look("context", who, key);
      if (more === undefined) return null;
      return { met: more <= limit, shows: `${more < 0 ? "" : "+"}${digits(more)} ns` };
    },
  };
}

export const TARGETS: readonly Target[] = [
  faster(
    "one-way switch: at most half of python greenlet's",
    "switch",
    "shallow",
    "python greenlet",
    (times) => times >= 2,
  ),
  faster(
    "one-way switch: below Ruby Fiber's",
    "switch",
    "shallow",
    "Ruby Fiber",
    (times) => times > 1,
  ),
  below("create and finish: below 600 ns", "ns", "switch", "create", 600),
  below("spawn + join: below 1.5 us", "ns", "spawn", "spawnJoin", 1500),
  faster(
    "spawn + joinAll of 100,000: at least 10 times gevent's rate",
    "spawn",
    "joinAll",
    "gevent",
    (times) => times >= 10,
  ),
  faster(
    "sleep(0): at least 10 times gevent's rate",
    "spawn",
    "sleep0",
    "gevent",
    (times) => times >= 10,
  ),
  faster(
    "100,000 short sleeps: at least 5 times as fast as gevent",
    "sleepers",
    "sleepers",
    "gevent",
    (times) => times >= 5,
  ),
  faster(
    "the same, the first time in the process",
    "sleepers",
    "first",
    "gevent",
    (times) => times >= 5,
  ),
  below("a scavenge with 10,000 parked idle: below 1 ms", "ms", "parked", "idle10000", 1),
  below("a scavenge with 100,000 parked idle: below 10 ms", "ms", "parked", "idle100000", 10),
  adds("asynchronous context, nothing nested: the scope adds at most 60 ns", "scopeAdds", 60),
  adds("asynchronous context, nothing nested: a store adds at most 60 ns", "storeAdds", 60),
  ...(
    [
      ["epoll", itself],
      ["uring", ring],
    ] as const
  ).flatMap(([backend, ours]) => [
    times(
      `echo of 64 B, 64 and 1,000 connections, ${backend}: at least 1.2 times Node's net`,
      "echo",
      ECHO,
      [ours, "Node"],
      { least: 1.2 },
    ),
    times(`the same, ${backend}: at least 1.7 times gevent`, "echo", ECHO, [ours, "gevent"], {
      least: 1.7,
    }),
    times(
      `the same, ${backend}: at most half of the processor time of Node's net`,
      "echo",
      ECHO.map((key) => key.replace("rate", "user")),
      [ours, "Node"],
      { most: 0.5 },
    ),
  ]),
  times(
    "files in memory, in a greenlet: at most 1.5 times Node's Sync functions",
    "files",
    ["read4", "read64", "read1024", "stat", "exists", "readdir", "write4"],
    [itself, "Node, Sync"],
    { most: 1.5 },
  ),
  times(
    "readFile of files in memory: at least 5 times as fast as fs.promises, one after the other",
    "files",
    ["read4", "read64"],
    [itself, "Node, fs.promises"],
    { most: 0.2 },
  ),
  times(
    "files that are not, 64 at a time: at least the rate of fs.promises",
    "files",
    ["cold"],
    [itself, "Node, fs.promises"],
    { least: 1 },
  ),
  times("HTTP, 13 B and 10 KB: at least 1.3 times Node's", "http", HTTP, [itself, "Node"], {
    least: 1.3,
  }),
  times("HTTP: at least 8 times gevent's pywsgi", "http", HTTP, [itself, "gevent pywsgi"], {
    least: 8,
  }),
  times(
    "green(handler): at least 0.9 of Node's plain handler",
    "http",
    HTTP,
    [(who) => `${who}, green(handler)`, "Node"],
    { least: 0.9 },
  ),
  atLeast("crawl, kept on disk: over 2,000 pages/s", "pages/s", ["crawl", "rateRandom"], 2_000),
  times("the same: at least 10 times Scrapy", "crawl", ["rateRandom"], [itself, "Scrapy"], {
    least: 10,
  }),
  times(
    "crawl of Python's documentation: not slower than the same in plain Node",
    "crawl",
    ["rateTree"],
    [itself, "Node, undici and htmlparser2"],
    { least: 1 },
  ),
  below("a million URLs: resumed within 5 s", "ms", "frontier", "resume", 5_000),
  ...[1000, 5000, 10_000].map((n) =>
    below(
      `${n.toLocaleString("en")} pages in flight: below 100 KB each`,
      "KB",
      "crawl",
      `inFlight${n}`,
      100,
    ),
  ),
];

export interface Verdict {
  readonly target: string;
  readonly who: string;
  readonly finding: Finding | null;
}

/** Whether each target is met on each Node. */
export function judge({ answers, ours }: Results): Verdict[] {
  const look: Look = (question, who, key) =>
    answers.find(({ name }) => name === question)?.figures[who]?.[key]?.median;
  return TARGETS.flatMap(({ text, judge }) =>
    ours.map((who) => ({ target: text, who, finding: judge(look, who) })),
  );
}

/** Lines of a table: a row for each target, a column for each Node. */
export function targetLines(results: Results): string[] {
  const verdicts = judge(results);
  const rows = TARGETS.map(({ text }) =>
    [text].concat(
      verdicts
        .filter(({ target }) => target === text)
        .map(({ finding }) =>
          finding === null
            ? "not measured"
            : `${finding.met ? "met" : "not met"} (${finding.shows})`,
        ),
    ),
  );
  return gridLines(["target", ...results.ours], rows);
}
