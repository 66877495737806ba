// A greenlet's error that nobody asks for is told once, and then follows --unhandled-rejections, as
// Node's own does.
import { getHub, run, sleep, spawn } from "@greenlit/core";
import { runInThisContext } from "node:vm";
import { child, check, matches, pass, same } from "@greenlit/testing/program";

const fail = runInThisContext(
  "(spawn) => spawn(function broken() {\n  throw new RangeError('boom');\n})",
  {
    filename: "/app/user.js",
  },
);
const unhandled = () =>
  process.on("unhandledRejection", (reason) => console.log("handler:", reason.message));

const acts = {
  alone: () => fail(spawn),
  many: () => {
    for (let i = 0; i < 100; i++)
      spawn(() => {
        throw new Error(`number ${i}.`);
      });
  },
  "later than a bystander": () => {
    fail(spawn);
    spawn(() => {
      sleep(5);
      console.log("goes on");
    });
  },
  "asked for later": () =>
    run(() => {
      const g = fail(spawn);
      while (!g.dead) sleep(0);
      sleep(100);
      try {
        g.get();
      } catch (error) {
        console.log("got", error.message);
      }
    }),
  observed: () =>
    run(() => {
      const g = fail(spawn);
      g.join();
      console.log("joined");
    }),
  "with a listener": () => {
    unhandled();
    fail(spawn);
  },
  "with a listener for uncaught ones": () => {
    process.on("uncaughtException", (error) => console.log("uncaught:", error.message));
    fail(spawn);
  },
  "exit code kept": () => {
    process.exitCode = 4;
    fail(spawn);
  },
  "own handler": () => {
    getHub().onError = (greenlet, error) =>
      console.log(greenlet.name.replace(/\d+/, "N"), error.message);
    fail(spawn);
  },
  undefined: () =>
    spawn(() => {
      throw undefined;
    }),
};

const once = ({ told }) => {
  same(told.match(/boom/g)?.length, 1, "told once");
  matches(
    told,
    /^greenlit: greenlet "broken-\d+" failed, spawned at .*\/app\/user\.js:1:\d+\)?\nRangeError: boom\n {4}at broken \(\/app\/user\.js:2:9\)/,
    "the text",
  );
};

/** The act, its flags, the exit code, and more that must be so. */
const cases = [
  ["alone", [], 1, once],
  ["alone", ["--unhandled-rejections=throw"], 1, once],
  ["alone", ["--unhandled-rejections=strict"], 1, once],
  ["alone", ["--unhandled-rejections", "none"], 0, once],
  ["alone", ["--unhandled-rejections=none"], 0, once],
  [
    "alone",
    ["--unhandled-rejections=warn"],
    0,
    ({ errors }) =>
      matches(errors, /UnhandledPromiseRejectionWarning: RangeError: boom/, "Node's warning"),
  ],
  ["alone", ["--unhandled-rejections=warn-with-error-code"], 1, () => {}],
  ["with a listener", [], 0, ({ output }) => same(output, "handler: boom\n", "handler")],
  [
    "with a listener",
    ["--unhandled-rejections=none"],
    0,
    ({ output }) => same(output, "handler: boom\n", "handler"),
  ],
  [
    "with a listener for uncaught ones",
    [],
    0,
    ({ output }) => same(output, "uncaught: boom\n", "handler"),
  ],
  [
    "many",
    [],
    1,
    ({ told }) => same(new Set(told.match(/^Error: number \d+\./gm)).size, 100, "each is told"),
  ],
  [
    "later than a bystander",
    [],
    1,
    (result) => {
      once(result);
      same(result.output, "goes on\n", "the other");
    },
  ],
  [
    "asked for later",
    [],
    0,
    (result) => {
      once(result);
      same(result.output, "got boom\n", "asked");
    },
  ],
  ["observed", [], 0, ({ told, output }) => same([told, output], ["", "joined\n"], "silence")],
  ["exit code kept", [], 4, once],
  [
    "own handler",
    [],
    1,
    ({ output, told }) => same([output, told], ["broken-N boom\n", ""], "its own words"),
  ],
  ["undefined", [], 1, ({ told }) => matches(told, /failed[^]*undefined/, "the text")],
];

const [act] = process.argv.slice(2);
if (act !== undefined) {
  acts[act]();
} else {
  for (const [name, flags, code, judge] of cases) {
    const result = await child(import.meta.url, [name], { flags });
    check(
      result.ended === code,
      `${name} ${flags}: ended with ${result.ended}, not ${code}\n${result.output}${result.errors}`,
    );
    judge(result);
  }
  const { ended } = await child(import.meta.url, ["alone"], {
    env: { NODE_OPTIONS: "--unhandled-rejections=none" },
  });
  same(ended, 0, "NODE_OPTIONS");
  pass(2 * cases.length);
}
