import { PROVED, report } from "@greenlit/switcher";
import { describe, expect, it } from "vitest";
import { warnOfNode } from "../dist/doctor-node.js";

const passed = report();
const [line = "", newest = ""] = Object.entries(PROVED).at(-1) ?? [];
const [, minor = 0] = newest.split(".").map(Number);

it.each(Object.values(PROVED))("nothing is said of Node %s, which is proved", (version) => {
  expect(warnOfNode(`v${version}`, passed)).toBeNull();
});

describe("a newer one of a line", () => {
  const newer = `v${line}.${minor + 1}.0`;

  it("is told with the newest that is proved, and that the self-test has passed", () => {
    const text = warnOfNode(newer, passed);
    expect(text).toContain(`Node ${newer} is newer than`);
    expect(text).toContain(`proved, ${newest}.`);
    expect(text).toContain(`has passed here with the driver ${passed.driver}`);
    expect(text).toContain(`use ${newest}`);
  });

  it("is told when the self-test has failed", () => {
    expect(warnOfNode(newer, null)).toMatch(/No driver has passed the self-test here: .*use /);
  });
});

it.each([passed, null])("an unknown line is told with those that are known", (switcher) => {
  const text = warnOfNode("v999.0.0", switcher);
  expect(text).toContain("proved on no Node 999");
  for (const version of Object.values(PROVED)) expect(text).toContain(version);
  expect(text).toContain(switcher === null ? "No driver has passed" : "has passed here");
});
