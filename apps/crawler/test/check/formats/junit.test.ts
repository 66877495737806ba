import { Parser } from "htmlparser2";
import { expect, it } from "vitest";
import { FINDING_KINDS } from "../../../src/check/finding.js";
import { formatJunit } from "../../../src/check/formats/junit.js";
import { HOSTILE, reportOf, SITE } from "../report.js";

const NOW = new Date("2026-01-02T03:04:05.678Z");

interface Element {
  readonly name: string;
  readonly attributes: Record<string, string>;
  readonly children: Element[];
  text: string;
}

/** Parses XML, and has it fail where elements are not closed in order. */
function parse(xml: string): Element {
  const root: Element = { name: "", attributes: {}, children: [], text: "" };
  const open = [root];
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        const element = { name, attributes, children: [], text: "" };
        open.at(-1)!.children.push(element);
        open.push(element);
      },
      ontext: (text) => void (open.at(-1)!.text += text),
      onclosetag: (name, isImplied) => {
        expect(open.pop()?.name).toBe(name);
        expect(isImplied && !xml.includes(`<${name}`)).toBe(false);
      },
    },
    { xmlMode: true },
  );
  parser.end(xml);
  expect(open).toHaveLength(1);
  return root.children.find(({ name }) => name === "testsuites")!;
}

const report = reportOf([
  { kind: "broken-link", target: `${SITE}/?a=1&b=2`, detail: "404", pages: [SITE, null] },
  { kind: "invalid-url", target: HOSTILE, detail: HOSTILE, pages: [HOSTILE] },
  { kind: "redirect", target: `${SITE}/old`, detail: "301", pages: [SITE] },
]);
const xml = (strict = false): string => [...formatJunit(report, strict, NOW)].join("");

it("has a suite for each kind, and counts what is in it", () => {
  const root = parse(xml());
  expect(root.attributes).toEqual({}); // Ant's have none
  expect(root.children.map(({ attributes }) => attributes["name"])).toEqual([...FINDING_KINDS]);
  for (const { attributes, children } of root.children) {
    const names = children.map(({ name }) => name);
    expect(names.at(0)).toBe("properties");
    expect(children[0]!.children[0]!.attributes).toEqual({ name: "site", value: `${SITE}/` });
    expect(names.slice(-2)).toEqual(["system-out", "system-err"]);
    const cases = children.filter(({ name }) => name === "testcase");
    const failed = cases.filter(({ children }) => children.length > 0);
    expect([attributes["tests"], attributes["failures"]]).toEqual(
      [cases.length, failed.length].map(String),
    );
    expect(attributes["timestamp"]).toBe("2026-01-02T03:04:05");
  }
});

it("tells every page that links to a target", () => {
  const [suite] = parse(xml()).children;
  const test = suite!.children.find(({ name }) => name === "testcase")!;
  expect(test.attributes["name"]).toBe(`${SITE}/?a=1&b=2`);
  expect(test.children[0]).toMatchObject({ name: "failure", attributes: { message: "404" } });
  expect(test.children[0]!.text).toBe(`${SITE}/?a=1&b=2: 404\nlinked from\n${SITE}:7\n(a seed)`);
});

it("has warnings fail only when they count", () => {
  const failures = (strict: boolean) =>
    parse(xml(strict)).children.find(({ attributes }) => attributes["name"] === "redirect")!
      .attributes["failures"];
  expect([failures(false), failures(true)]).toEqual(["0", "1"]);
});

it("has nothing that XML cannot say", () => {
  // eslint-disable-next-line no-control-regex -- that is what is looked for
  expect(xml()).not.toMatch(/[\u0000-\u0008\u000B-\u001F\uFFFE\uFFFF]/);
  const suite = parse(xml()).children.find(
    ({ attributes }) => attributes["name"] === "invalid-url",
  )!;
  const test = suite.children.find(({ name }) => name === "testcase")!;
  expect(test.attributes["name"]).toContain("</failure>]]>&\"'`|\\u{1b}[31m\\u{a}");
});
