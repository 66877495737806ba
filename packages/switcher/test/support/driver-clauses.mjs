// The contract of native/drivers/driver.h, clause by clause, on the bare driver: no greenlets, only
// stacks and their ids. programs/driver-contract.mjs checks the clauses; conformance.test.ts lists
// them.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import vm from "node:vm";
import { loadBinding } from "../../dist/binding.js";
import { check, collect, same, thrownBy, unless } from "@greenlit/testing/program";
import { noProc } from "./switcher.mjs";

const STACK_SIZE = 256 * 1024;
const binding = loadBinding();
const asked = process.env.GREENLIT_SWITCHER || "auto";
const name = asked === "auto" ? binding.drivers()[0] : asked;
const { transfer, create } = binding;

/** What each stack runs, by its id; it returns the id of the stack that goes on. */
const mains = new Map();
const terminations = [];

/** Opens the driver that GREENLIT_SWITCHER names. */
function open(stackSize = STACK_SIZE) {
  mains.clear();
  terminations.length = 0;
  const main = (id) => {
    if (id > 0) return mains.get(id)(id);
    terminations.push(id);
    return 0;
  };
  same(new binding.Open(name, main, stackSize, ""), {}, "it opens");
}

/** A new stack that runs `main`, and then goes to the root. */
function stack(main) {
  const id = create();
  mains.set(id, () => main(id) ?? 0);
  return id;
}

const dive = (depth) => {
  depth.reached++;
  return dive(depth) + 1;
};
/** How many calls deep JavaScript gets here. */
function depthHere() {
  const depth = { reached: 0 };
  try {
    dive(depth);
  } catch (error) {
    check(error instanceof RangeError, `the end of a stack is a RangeError, not ${error}`);
  }
  return depth.reached;
}

const status = (field) =>
  Number(
    new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(readFileSync("/proc/self/status", "utf8"))[1],
  );

/** The contract: what each clause says, and the function that checks it on an open driver. */
export const CLAUSES = {
  "open: a name that no driver has is refused, with the names that there are"() {
    binding.close();
    const { failure } = new binding.Open("magic", () => 0, STACK_SIZE, "");
    check(failure?.includes('no driver "magic"'), `${failure}`);
    for (const known of binding.drivers()) check(failure.includes(known), failure);
    open();
  },

  "create: ids are small, from 1 on, none twice, also when stacks become idle"() {
    const ids = Array.from({ length: 20 }, () => stack(() => {}));
    same(
      ids,
      [...ids.keys()].map((n) => n + 1),
      "ids",
    );
    for (const id of ids) transfer(id);
    same([create(), create()], [21, 22], "more of them");
  },

  "create: the stack is idle, nothing has run on it"() {
    let ran = 0;
    stack(() => void ran++);
    same(ran, 0, "not yet");
  },

  "create: what the system refuses is a string, and nothing has changed"() {
    if (!unless(noProc, "a process with little address space")) return;
    if (process.argv[3] !== "child") {
      const limit = `${status("VmSize") + 900 * 1024}`;
      const {
        stdout,
        stderr,
        status: code,
      } = spawnSync(
        "sh",
        ["-c", 'ulimit -v "$1"; shift; exec "$@"', "sh", limit, process.execPath].concat(
          process.execArgv,
          [
            process.argv[1],
            "create: what the system refuses is a string, and nothing has changed",
            "child",
          ],
        ),
        { encoding: "utf8", env: { ...process.env, GREENLIT_SWITCHER: name } },
      );
      check(code === 0 && stdout.endsWith("pass\n"), `the child: ${code} ${stdout}${stderr}`);
      return;
    }
    // Large ones, so that few fit.
    binding.close();
    open(4 * 1024 * 1024);
    const parked = [];
    const add = () => {
      const id = stack((id) => {
        for (const mine = { id }; ;) {
          transfer(0);
          check(mine.id === id, "its own frame");
        }
      });
      if (typeof id === "number") parked.push(id);
      return id;
    };
    let why;
    while (typeof (why = add()) === "number" && parked.length < 5000) transfer(why);
    check(typeof why === "string" && why.includes("address space"), `${parked.length}: ${why}`);
    const before = binding.stats();
    check(typeof create() === "string", "again");
    same(binding.stats(), before, "the statistics");
    same(before.stacks, parked.length + 1, "stacks");
    same(parked.at(-1), parked.length, "no id is used up");
    for (let round = 0; round < 3; round++) for (const id of parked) transfer(id);
  },

  "transfer: starts an idle stack, continues a suspended one, returns at the transfer back"() {
    const trace = [];
    const id = stack(() => {
      trace.push("started");
      transfer(0);
      trace.push("continued");
    });
    transfer(id);
    trace.push("back");
    transfer(id);
    same(trace, ["started", "back", "continued"], "order");
  },

  "transfer: from any stack to any other, in any order"() {
    const COUNT = 7;
    const after = (n, turn) => (n + 1 + ((n + turn * 2) % (COUNT - 1))) % COUNT;
    const path = [];
    const ids = Array.from({ length: COUNT }, (_, n) =>
      stack(() => {
        for (let turn = 0; turn < 6; turn++) {
          path.push(n);
          transfer(turn === 5 ? 0 : ids[after(n, turn)]);
        }
      }),
    );
    const expected = [];
    // The same walk, without stacks.
    const turns = Array.from({ length: COUNT }, () => 0);
    for (let at = 0; at >= 0;) {
      expected.push(at);
      const turn = turns[at]++;
      at = turn === 5 ? -1 : after(at, turn);
    }
    transfer(ids[0]);
    same(path, expected, "the walk");
  },

  "main: its result is who goes on: another, one that is idle, the same again"() {
    const trace = [];
    const suspended = stack(() => {
      transfer(0);
      trace.push("the suspended one");
      return idle;
    });
    const idle = stack(() => {
      trace.push("the idle one");
      return again;
    });
    let times = 0;
    const again = stack((id) => {
      trace.push("again");
      return ++times < 3 ? id : 0;
    });
    const first = stack(() => suspended);
    transfer(suspended);
    transfer(first);
    same(trace, ["the suspended one", "the idle one", "again", "again", "again"], "order");
  },

  "main: may stay on its stack between what it runs, where the driver lets it"() {
    const trace = [];
    let kept = true;
    let n = 0;
    const other = stack(() => void trace.push("other"));
    const id = stack((me) => {
      for (;;) {
        trace.push(++n);
        if (n === 2) depthHere(); // a deep stack gives its memory back
        const next = n === 1 ? me : n === 3 ? other : 0;
        kept = binding.finish(next);
        if (!kept) return next;
      }
    });
    if (name === "direct") {
      for (let i = 0; i < 3; i++) transfer(id);
      same(trace, [1, 2, 3, "other", 4], "order");
      const before = binding.stats().trims;
      collect("minor");
      collect();
      transfer(id);
      same(
        [trace.at(-1), binding.stats().trims - before, kept],
        [5, 0, true],
        "after a collection",
      );
      check(before > 0, "the stack that went deep was trimmed");
    } else {
      transfer(id);
      transfer(id);
      same([trace, kept], [[1, 2, 3, "other"], false], "main has to return");
    }
  },

  "main: a stack whose main has returned is idle and as good as new"() {
    const depths = [];
    const id = stack(() => void depths.push(depthHere()));
    for (let i = 0; i < 20; i++) transfer(id);
    check(
      depths.every((depth) => Math.abs(depth - depths[0]) < depths[0] / 2),
      `${depths}`,
    );
  },

  "a suspended stack is visited by every collection, wherever this starts"() {
    const COUNT = 20;
    const results = [];
    const ids = Array.from({ length: COUNT }, (_, n) =>
      stack(() => {
        const young = { text: `of ${n}`.repeat(3), inner: [n, { n }] };
        for (let round = 0; round < 6; round++) {
          transfer(0);
          if (round === n % 6) collect(n % 2 ? "minor" : "major");
        }
        results[n] = young;
      }),
    );
    for (let round = 0; round < 7; round++) {
      for (const id of ids) transfer(id);
      collect(round % 3 === 0 ? "major" : "minor");
    }
    same(
      results,
      ids.map((_, n) => ({ text: `of ${n}`.repeat(3), inner: [n, { n }] })),
      "what they kept",
    );
  },

  "a suspended stack is visited by deoptimisation"() {
    const shape = { read: (object) => object.x };
    const sum = (object, pause) => {
      let total = 0;
      for (let i = 0; i < 20_000; i++) {
        if (pause && i === 10_000) transfer(0);
        total += shape.read(object);
      }
      return total;
    };
    for (let i = 0; i < 20; i++) sum({ x: 1 }, false);
    let total;
    const id = stack(() => {
      total = sum({ x: 1 }, true);
    });
    transfer(id);
    shape.read = (object) => object.x + object.y;
    sum({ y: 1, x: 1.5 }, false);
    shape.read = (object) => object.x * 2;
    transfer(id);
    same(total, 30_001 - 1, "half of it before, half after");
  },

  "an exception stays on its stack"() {
    const caught = [];
    const thrower = (text) =>
      stack(() => {
        try {
          try {
            transfer(0);
            throw new Error(text);
          } finally {
            transfer(0);
          }
        } catch (error) {
          caught.push(error.message);
        }
      });
    const [a, b] = [thrower("a"), thrower("b")];
    try {
      for (const id of [a, b, a, b, b, a]) transfer(id);
      throw new Error("root");
    } catch (error) {
      caught.push(error.message);
    }
    same(caught, ["b", "a", "root"], "who caught what");
  },

  "each stack has the size that was asked for, to itself"() {
    const depths = {};
    for (const size of [128, 512, 2048]) {
      binding.close();
      open(size * 1024);
      const parked = stack(() => {
        const before = depthHere();
        transfer(0);
        check(Math.abs(depthHere() - before) < before / 2, "as deep as before");
      });
      transfer(parked);
      transfer(stack(() => void (depths[size] = depthHere())));
      check(depthHere() > 3000, "the root has its own");
      transfer(parked);
    }
    check(depths[512] > 3 * depths[128] && depths[2048] > 3 * depths[512], JSON.stringify(depths));
  },

  "termination unwinds the running stack, runs no finally, and goes on in the root"() {
    const trace = [];
    const loop = stack(() => {
      try {
        for (;;);
      } finally {
        trace.push("finally");
      }
    });
    const parked = stack(() => {
      transfer(loop);
      trace.push("parked went on");
    });
    let code;
    try {
      vm.runInNewContext("go()", { go: () => transfer(parked) }, { timeout: 1000 });
      trace.push("the root went on");
    } catch (error) {
      code = error.code;
    }
    same(code, "ERR_SCRIPT_EXECUTION_TIMEOUT", "the root's error");
    same([trace, terminations.slice(0, 1)], [[], [-1]], "nothing else ran");
    transfer(parked);
    same(trace, ["parked went on"], "a suspended one is not concerned");
    mains.set(loop, () => {
      trace.push("used again");
      return 0;
    });
    transfer(loop);
    same(trace.at(-1), "used again", "its stack is idle");
  },

  "release: gives an idle stack's memory back, and its id stays valid"() {
    const depths = [];
    const id = stack(() => void depths.push(depthHere()));
    const other = stack(() => {
      binding.release(id);
      transfer(0);
    });
    transfer(id);
    binding.release(id);
    transfer(id);
    transfer(other);
    transfer(id);
    binding.release(stack(() => {}));
    transfer(other);
    check(depths.length === 3 && Math.min(...depths) > 500, `${depths}`);
  },

  async "close: what is suspended is abandoned, and nothing of it is left"() {
    binding.close();
    const COUNT = 50;
    const resources = () =>
      noProc ? [0, 0] : [status("Threads"), readdirSync("/proc/self/task").length];
    const idleProcess = resources();
    const trace = [];
    let sizes = [];
    for (let round = 0; round < 8; round++) {
      open();
      const refs = [];
      for (let n = 0; n < COUNT; n++) {
        transfer(
          stack(() => {
            const only = { mine: Array.from({ length: 100 }, () => n) };
            refs.push(new WeakRef(only));
            try {
              if (n % 5 !== 0) [1].forEach(() => transfer(0));
            } finally {
              if (n % 5 !== 0) trace.push("unwound");
            }
            check(only.mine[0] === n, "its own");
          }),
        );
      }
      create(); // one that never starts
      await new Promise(setImmediate);
      collect();
      check(
        refs.every((ref, n) => (ref.deref() !== undefined) === (n % 5 !== 0)),
        "suspended stacks keep their objects, idle ones do not",
      );
      binding.close();
      await new Promise(setImmediate);
      collect("minor");
      collect();
      check(
        refs.every((ref) => ref.deref() === undefined),
        "V8 knows nothing of them",
      );
      same(trace, [], "nothing has been unwound");
      same(resources(), idleProcess, "threads of this process");
      if (!noProc) sizes.push(status("VmSize"));
    }
    check(noProc || sizes.at(-1) - sizes[2] < 40 * 1024, `the process grows: ${sizes} KB`);
    open();
    transfer(stack(() => void trace.push("open again")));
    same(trace, ["open again"], "after all that");
  },

  "close: its ids name nothing any more, nor do others that were never given"() {
    const old = [stack(() => {}), stack(() => {})];
    binding.close();
    const closed = (act, what) => check(thrownBy(act, what) instanceof RangeError, what);
    for (const id of [0, ...old]) closed(() => transfer(id), `transfer(${id}) when it is closed`);
    open();
    const trace = [];
    const id = stack(() => void trace.push("ran"));
    for (const other of [...old, id + 1, -1, 2 ** 30]) {
      closed(() => transfer(other), `transfer(${other})`);
      closed(() => binding.release(other), `release(${other})`);
    }
    check(!old.includes(id), "none is given twice");
    transfer(id);
    same(trace, ["ran"], "its own does");
  },

  "stats: stacks made so far, with the root, and their address space"() {
    same(binding.stats().stacks, 1, "only the root");
    for (let n = 0; n < 5; n++) stack(() => {});
    const { stacks, reservedBytes, trims, guard } = binding.stats();
    same([stacks, typeof trims, typeof guard], [6, "number", "string"], "statistics");
    check(reservedBytes >= 5 * STACK_SIZE, `${reservedBytes} bytes`);
  },
};

/** Checks one clause on a driver that is opened for it alone. */
export async function checkClause(clause) {
  open();
  await CLAUSES[clause]();
  binding.close();
}
