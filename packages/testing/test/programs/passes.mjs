import {
  check,
  child,
  collect,
  matches,
  pass,
  same,
  scaled,
  thrownBy,
  unless,
} from "@greenlit/testing/program";

if (process.argv[2] === "child") {
  console.log("from the child", process.argv[3]);
  console.error("an error");
  process.exit(3);
}
check(true, "true is true");
same([1, { a: 2 }], [1, { a: 2 }], "equal");
matches("abc", /b/, "b");
check(
  thrownBy(() => {
    throw new TypeError("x");
  }, "it").message === "x",
  "what was thrown",
);
check(
  thrownBy(() => same(1, 2, "numbers"), "same").message ===
    "check failed: numbers: expected 2, got 1",
  "same",
);
check(
  thrownBy(() => matches("a", /b/, "b"), "matches").message.includes("/b/ does not match"),
  "matches",
);
check(
  thrownBy(() => thrownBy(() => {}, "nothing"), "thrownBy").message.includes("did not throw"),
  "thrownBy",
);
check(thrownBy(() => pass(1000), "pass").message.startsWith("only "), "pass");
check(unless(false, "this"), "checked here");
check(!unless("no reason", "that"), "not checked here");
collect();
collect("minor");
console.log("scaled", scaled(1000), scaled(1), process.env.MINE, process.argv.slice(2).join());
const { ended, output, told } = await child(import.meta.url, ["child", "x"], {
  env: { NODE_DEBUG: "" },
});
same([ended, output, told], [3, "from the child x\n", "an error\n"], "the child");
pass(15);
