import { expect, it } from "vitest";
import { formatMarkdown } from "../../../src/check/formats/markdown.js";
import { HOSTILE, reportOf, SITE } from "../report.js";

const markdown = (report: ReturnType<typeof reportOf>): string =>
  [...formatMarkdown(report)].join("");

it("says that all is well", () => {
  expect(markdown(reportOf([], { unchecked: { robots: 1 } }))).toBe(
    "## ✅ No broken links\n\n1,200 links on 3 pages, 10 URLs asked. Not checked: robots 1.\n",
  );
});

it("has a table for each kind", () => {
  const pages = Array.from({ length: 12 }, (_, i) => `${SITE}/${i}`);
  const report = reportOf([
    { kind: "broken-link", target: `${SITE}/gone`, detail: "404 Not Found", pages },
    { kind: "redirect", target: `${SITE}/old`, detail: "301", pages: [SITE] },
  ]);
  const text = markdown(report);
  expect(text).toContain("## ❌ 1 error: 1 broken link\n");
  expect(text).toContain("1 warning: 1 permanent redirect.");
  expect(text).toContain(
    "### Broken links\n\n| target | | on |\n| --- | --- | --- |\n" +
      `| \`${SITE}/gone\` | \`404 Not Found\` | \`${SITE}/0:7\`<br>`,
  );
  expect(text).toContain("and 2 more pages |\n\n### Permanent redirects\n");
});

it("lets nothing out of its cell", () => {
  const text = markdown(
    reportOf([{ kind: "invalid-url", target: `\`\`${HOSTILE}`, detail: "none", pages: [HOSTILE] }]),
  );
  const row = text.trimEnd().split("\n").at(-1)!;
  expect(row.replaceAll("\\|", "").match(/\|/g)).toHaveLength(4);
  expect(row).toMatch(/^\| ``` ``/);
});

it("ends before it is too long to be shown", () => {
  const finding = (i: number) => {
    return { kind: "broken-link" as const, target: String(i), detail: "lost", pages: [SITE] };
  };
  const text = markdown(reportOf(Array.from({ length: 1_500 }, (_, i) => finding(i))));
  expect(text.match(/lost/g)).toHaveLength(1_000);
  expect(text).toMatch(/And 500 more\.\n$/);
});
